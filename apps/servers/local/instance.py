"""Where this panel lives and what it is called: chosen at its first start, and kept.

Runs before Django can: standard library only.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from apps.host import claims
from apps.host.claims import Claim
from apps.host.errors import Refused
from apps.host.listeners import listening
from apps.host.reach import enterable
from frankenpanel.places import SERVER_NAME, Places

PRODUCTION = Path("/opt/frankenpanel")
FRONT_PORTS = 2


@dataclass(frozen=True)
class Instance:
    """A panel's places and claimed ports. *separate*: it is root's, and each site has its own user.

    *server* is what this machine is called in the records, which several may share.
    """

    places: Places
    claim: Claim
    separate: bool
    server: str = "local"

    def environment(self) -> dict[str, str]:
        """What settings.py reads."""
        return {
            "FRANKENPANEL_INSTANCE": self.places.instance,
            "FRANKENPANEL_RUN": str(self.places.run),
            "FRANKENPANEL_CACHE": str(self.places.cache),
            "FRANKENPANEL_HTTP_PORT": str(self.claim.http),
            "FRANKENPANEL_HTTPS_PORT": str(self.claim.https),
            "FRANKENPANEL_SITE_PORTS": f"{self.claim.first}-{self.claim.last}",
            "FRANKENPANEL_SERVER": self.server,
        }


def open_instance(checkout: Path, cache: Path, env: Mapping[str, str]) -> Instance:
    """Find this panel's root, or make it, and claim its name and ports. The second time finds the same.

    Refused when a value of *env* is wrong or collides with another panel of this machine.
    """
    separate = os.geteuid() == 0
    root = root_of(checkout, env, separate=separate)
    make_root(root)
    server = _server(root, env)
    kept = {**read_environment(root), **{name: value for name, value in env.items() if value}}
    if "FRANKENPANEL_INSTANCE" in env:
        kept["FRANKENPANEL_INSTANCE"] = env["FRANKENPANEL_INSTANCE"]
    claim = claims.claim(cache, lambda others: _wish(root, kept, others))
    run = Path(kept.get("FRANKENPANEL_RUN") or run_of(claim.instance, env, separate=separate))
    instance = Instance(Places(root, run, cache, claim.instance), claim, separate, server)
    write_environment(root, instance.environment())
    return instance


def root_of(checkout: Path, env: Mapping[str, str], *, separate: bool) -> Path:
    """FRANKENPANEL_ROOT, else ``var`` in the checkout, else, where site users cannot come there, /var/lib."""
    if set_root := env.get("FRANKENPANEL_ROOT"):
        if not set_root.startswith("/"):
            raise Refused(f"FRANKENPANEL_ROOT must be an absolute path, not {set_root!r}.")
        return Path(set_root)
    beside = checkout / "var"
    if separate and not enterable(checkout):
        return Path("/var/lib") / f"frankenpanel-{_digest(beside)}"
    return beside


def run_of(instance: str, env: Mapping[str, str], *, separate: bool) -> Path:
    name = "-".join(filter(None, ["frankenpanel", instance]))
    if separate:
        return Path("/run") / name
    return Path(env.get("XDG_RUNTIME_DIR") or f"/tmp/frankenpanel-{os.getuid()}") / name  # noqa: S108 - made 0700


def make_root(root: Path) -> None:
    """Refused when it cannot be made, or when anybody may write there."""
    try:
        root.mkdir(parents=True, exist_ok=True, mode=0o755)
    except OSError as error:
        sentence = f"{root} cannot be made: {error.strerror}; set FRANKENPANEL_ROOT to a folder of yours."
        raise Refused(sentence) from error
    found = root.stat()
    if found.st_uid != os.geteuid() or found.st_mode & stat.S_IWOTH:
        raise Refused(f"{root} must belong to the user who runs the panel, and nobody else may write there.")


def read_environment(root: Path) -> dict[str, str]:
    """What ``instance.env`` says; nothing before the first start."""
    file = root / "instance.env"
    lines = file.read_text().splitlines() if file.exists() else []
    return dict(line.split("=", 1) for line in lines if "=" in line)


def write_environment(root: Path, values: Mapping[str, str]) -> None:
    """Add *values* to ``instance.env``. Nothing secret: every process of the panel may read it."""
    found = read_environment(root)
    wanted = {**found, **values}
    if wanted == found:
        return
    part = root / "instance.env.part"
    part.write_text("".join(f"{name}={value}\n" for name, value in wanted.items()))
    part.chmod(0o644)
    part.rename(root / "instance.env")


def _server(root: Path, env: Mapping[str, str]) -> str:
    """Named once: under another name its sites would be nobody's."""
    named = read_environment(root).get("FRANKENPANEL_SERVER", "")
    wanted = env.get("FRANKENPANEL_SERVER") or named or "local"
    if not SERVER_NAME.fullmatch(wanted):
        raise Refused(f"FRANKENPANEL_SERVER must be a short lower-case name, not {wanted!r}.")
    if named and wanted != named:
        raise Refused(f"{root} is the server {named}'s; set FRANKENPANEL_ROOT to another folder for {wanted}.")
    return wanted


def _wish(root: Path, kept: Mapping[str, str], others: list[Claim]) -> Claim:
    """What was chosen before or is set now; the rest is free."""
    others = [one for one in others if one.root != str(root)]
    instance = kept.get("FRANKENPANEL_INSTANCE", "" if root == PRODUCTION else _digest(root))
    if not re.fullmatch(r"[0-9a-f]{4}|", instance):
        raise Refused(f"FRANKENPANEL_INSTANCE must be four hex digits or empty, not {instance!r}.")
    if "FRANKENPANEL_INSTANCE" not in kept and root != PRODUCTION:
        instance = _unused(instance, {one.instance for one in others})
    chosen = Claim(str(root), instance, 0, 0, 0, 0)
    if not kept.keys() >= {"FRANKENPANEL_HTTP_PORT", "FRANKENPANEL_HTTPS_PORT", "FRANKENPANEL_SITE_PORTS"}:
        chosen = claims.free_ports(chosen, others, listening())
    first, last = _ports(kept.get("FRANKENPANEL_SITE_PORTS", f"{chosen.first}-{chosen.last}"))
    http = _port("FRANKENPANEL_HTTP_PORT", kept.get("FRANKENPANEL_HTTP_PORT", str(chosen.http)))
    https = _port("FRANKENPANEL_HTTPS_PORT", kept.get("FRANKENPANEL_HTTPS_PORT", str(chosen.https)))
    if len({http, https} - set(range(first, last + 1))) < FRONT_PORTS:
        raise Refused(f"The front's ports {http} and {https} must differ, and lie outside {first}-{last}.")
    return Claim(str(root), instance, http, https, first, last)


def _digest(path: Path) -> str:
    return hashlib.sha256(str(path).encode()).hexdigest()[:4]


def _unused(instance: str, taken: set[str]) -> str:
    while instance in taken:
        instance = f"{(int(instance, 16) + 1) % 0x10000:04x}"
    return instance


def _port(name: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 2**16:
        raise Refused(f"{name} must be a port from 1 to 65535, not {text!r}.")
    return int(text)


def _ports(text: str) -> tuple[int, int]:
    first, dash, last = text.partition("-")
    if not dash or _port("FRANKENPANEL_SITE_PORTS", first) > _port("FRANKENPANEL_SITE_PORTS", last):
        raise Refused(f"FRANKENPANEL_SITE_PORTS must be two ports as in 8081-9080, not {text!r}.")
    return int(first), int(last)
