"""A folder that is a place for copies has a mark in it: where its disk is not mounted, nothing is copied below it."""

from __future__ import annotations

from pathlib import Path
from secrets import token_hex

from apps.backups.models import Copy, Target
from apps.backups.naming import name_of
from apps.host.host import Host
from apps.host.targets.errors import Unreachable

MARK = "mark"
"""Its name in the facts of a target."""


def new_mark() -> str:
    return token_hex(16)


def give_mark(host: Host, target: Target, mark: str) -> None:
    """Let the folder of *target* be known by *mark* from now on. The second time nothing changes.

    Raises Unreachable where copies were put there and none of them is there: then it is not that folder.
    """
    folder = host.targets.folder(Path(target.facts["path"]))
    copies = Copy.objects.filter(target=target, status=Copy.Status.DONE).select_related("backup")
    put = {name_of(copy.backup) for copy in copies}
    if put and put.isdisjoint(one.name for one in folder.listed()):
        raise Unreachable(
            f"{folder.shown} has none of the {len(put)} copies that were put there; is its disk mounted? If they are"
            " meant to be gone, give the place up and set it up anew."
        )
    folder.give_mark(mark)
    target.facts = {**target.facts, MARK: mark}
    target.save(update_fields=["facts"])


def take_mark(host: Host, target: Target, mark: str) -> None:
    """It not being there is no error."""
    host.targets.folder(Path(target.facts["path"])).take_mark(mark)
