"""Which panel of this machine has which name and ports: one file in the cache, changed by one at a time.

A claim lasts as long as its root is there. Standard library only: it is made before anything is set up.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from apps.host.errors import Refused
from apps.host.turns import one_at_a_time

HTTP, HTTPS = 7080, 7443
FIRST_SITE, SITES, STRIDE = 8081, 1000, 2000
PAIRS = 300
"""So many pairs of front ports lie below the first range of sites."""
EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
TOP = 32768
SYSTEM = Path("/var/cache/frankenpanel/instances.json")
"""Root's panels are there for everybody to see; those of other users only for themselves."""


@dataclass(frozen=True)
class Claim:
    """What one panel has for itself. *first* and *last* are the ends of its sites' ports."""

    root: str
    instance: str
    http: int
    https: int
    first: int
    last: int

    @property
    def front(self) -> set[int]:
        return {self.http, self.https}

    @property
    def sites(self) -> set[int]:
        return set(range(self.first, self.last + 1))

    def collides(self, other: Claim) -> str:
        """What both want, in words; empty when they do not touch each other."""
        if self.instance == other.instance:
            return f"The instance name {self.instance!r}"
        shared = (self.front | self.sites) & (other.front | other.sites)
        return f"Port {min(shared)}" if shared else ""


def claim(cache: Path, wish: Callable[[list[Claim]], Claim]) -> Claim:
    """Write down what *wish* chooses when it is shown the others' claims.

    Refused, naming the other root, when it collides with one of them.
    """
    file = cache / "instances.json"
    with one_at_a_time(cache / "instances.lock"):
        own = [one for one in read(file) if Path(one.root).is_dir()]
        elsewhere = read(SYSTEM) if file != SYSTEM else []
        chosen = wish([*own, *elsewhere])
        for other in (*own, *elsewhere):
            if other.root != chosen.root and (both := chosen.collides(other)):
                raise Refused(f"{both} belongs to the panel in {other.root}; choose another one.")
        _write(file, [*(one for one in own if one.root != chosen.root), chosen])
    return chosen


def forget(cache: Path, root: Path) -> None:
    """Give back what the panel in *root* has claimed. It having claimed nothing is no error."""
    file = cache / "instances.json"
    with one_at_a_time(cache / "instances.lock"):
        _write(file, [one for one in read(file) if one.root != str(root)])


def read(file: Path) -> list[Claim]:
    """The claims in *file*. Refused when somebody has put something else there."""
    try:
        return [Claim(**one) for one in json.loads(file.read_text())]
    except FileNotFoundError:
        return []
    except (ValueError, TypeError) as error:
        raise Refused(f"{file} does not list the panels of this machine; move it away.") from error


def free_ports(claim: Claim, others: list[Claim], in_use: set[int]) -> Claim:
    """*claim* with the first front ports and the first range of sites' ports that nobody else has.

    A front port that is *in_use* is passed over too; in a range of sites' ports single ones may be.
    """
    taken = {port for one in others for port in one.front | one.sites}
    fronts = (n for n in range(PAIRS) if not {HTTP + n, HTTPS + n} & (taken | in_use))
    ranges = range(FIRST_SITE, _ephemeral() - SITES, STRIDE)
    front = next(fronts, None)
    first = next((start for start in ranges if taken.isdisjoint(range(start, start + SITES))), None)
    if front is None or first is None:
        raise Refused("The panels of this machine have all its ports; remove the root of one not needed.")
    return replace(claim, http=HTTP + front, https=HTTPS + front, first=first, last=first + SITES - 1)


def _ephemeral() -> int:
    """Above this port the kernel takes ports for outgoing connections."""
    return int(EPHEMERAL.read_text().split()[0]) if EPHEMERAL.exists() else TOP


def _write(file: Path, claims: list[Claim]) -> None:
    part = file.with_suffix(".part")
    with part.open("w", encoding="utf-8") as content:
        json.dump([asdict(one) for one in claims], content, indent=1)
        content.flush()
        os.fsync(content.fileno())
    part.rename(file)
