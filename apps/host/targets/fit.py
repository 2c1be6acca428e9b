"""Whether a folder can be a target at all."""

from __future__ import annotations

from pathlib import Path

from apps.host.reach import changeable
from apps.host.targets.errors import Unfit, Unreachable
from frankenpanel.places import Places


def must_be_fit(path: Path, places: Places) -> None:
    """Absolute, there, no link, nothing of the panel's own, and nobody else may put something in its place."""
    if not path.is_absolute():
        raise Unfit(f"{str(path)!r} is no absolute path, as /mnt/backups is.")
    if (real := path.resolve()) != path:
        raise Unfit(f"{path} leads through a link or a dot; the folder itself is {real}.")
    ours = (places.root, places.run, places.cache)
    inside = any(path.is_relative_to(one) or one.is_relative_to(path) for one in ours)
    if inside and not path.is_relative_to(places.archives):
        raise Unfit(f"{path} belongs to the panel or holds it; backups lie in a folder of their own.")
    if not path.is_dir():
        raise Unreachable(f"{path} is no folder; make it first, or mount its disk.")
    if (way := changeable(path)) is not None:
        raise Unfit(f"Others than root can put something in place of {way}; take that right from them.")
