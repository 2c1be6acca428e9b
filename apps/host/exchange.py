"""One path of a site in the place of another, which lies beside: done by the site's user (`tenant/exchanging.py`)."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from apps.host.as_tenant import as_tenant
from apps.host.command import Identity
from apps.host.crash import CrashPoint
from apps.host.errors import Refused
from apps.host.files import inside

EXCHANGED = CrashPoint("archive.path-exchanged")


def unit(owner: Identity, site: Path, aside: Path, relative: str) -> tuple[str, int]:
    """What is to be moved for *relative*, and by what it is known. Refused where it does not lie in *aside*.

    That is *relative* itself, or the first folder on the way to it that *site* does not have.
    """
    said = as_tenant(owner, "unit", site, aside, inside(relative)).split()
    count, number = (int(word) for word in said)
    if not number:
        raise Refused(f"{relative} is not among what was unpacked.")
    return str(PurePosixPath(*PurePosixPath(relative).parts[:count])), number


def exchange(owner: Identity, here: Path, there: Path, relative: str, coming: int) -> None:
    """*relative* in *here* is what is known as *coming*, and what was there lies in *there*. Once is enough."""
    as_tenant(owner, "exchange", here, there, inside(relative), coming)
    EXCHANGED()
