"""A backup that is read where it was copied to, part by part: for when it is gone from its own server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from apps.backups.models import Backup, Copy
from apps.backups.naming import archive_of, name_of
from apps.backups.places import opened
from apps.host.archive.sources import Source
from apps.host.errors import Refused
from apps.host.host import Host
from apps.host.targets.shelf import FarAway


@contextmanager
def far_away(host: Host, backup: Backup) -> Iterator[Source]:
    """A copy of *backup* at the first place that has one. Refused where none has."""
    copy = Copy.objects.filter(backup=backup, status=Copy.Status.DONE).select_related("target").first()
    if copy is None:
        raise Refused(f"{archive_of(host.places, backup)} is not there any more, and there is no copy of it.")
    with opened(host, copy.target) as place:
        yield FarAway(place, place.stat(name_of(backup)))
