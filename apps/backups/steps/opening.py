"""Backup Restore 2: the archive opened with the server's key, its index read, before anything else is begun."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from apps.backups.far_away import far_away
from apps.backups.keys import keys_of
from apps.backups.models import Backup
from apps.backups.naming import archive_of
from apps.backups.standing import COMPLETED, standing
from apps.host.archive.reading import Archive
from apps.host.opened import Opened
from apps.operations.flow import Step
from apps.operations.run import Run


class OpenBackup(Step):
    """Nothing of it is written anywhere in clear but what is wanted of it."""

    key = "backup-open"

    def __init__(self, states: Collection[Backup.Status] = COMPLETED) -> None:
        self.states = states

    def check(self, run: Run) -> None:
        standing(run, self.states)

    def plan(self, run: Run) -> str:
        return f"Open {archive_of(run.places, run.record(Backup))} and read what is in it"

    def do(self, run: Run) -> None:
        with opened(run) as archive:
            files, databases = archive.files, len(archive.databases)
            counted = f"{files:,} file{'s' * (files != 1)} and {databases} database{'s' * (databases != 1)}"
            run.note(f"It holds {counted}")


@contextmanager
def opened(run: Run) -> Iterator[Opened]:
    """The archive of *run*, open: the one on this machine, else a copy. Refused where it is damaged, or another's."""
    backup = run.record(Backup)
    keys = keys_of(backup.server, run.host)
    if run.host.archives.exists(backup.slug, backup.file):
        with run.host.archives.opened(backup.slug, backup.file, keys) as archive:
            yield Opened(archive)
    else:
        with far_away(run.host, backup) as source:
            yield Opened(Archive(source, keys))
