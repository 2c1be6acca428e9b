"""Backup Creation: one pass over databases and files into a file that has its name when it is whole.

The seed makes a temporary directory with a dump and a tar in it, then an archive of both, then an encrypted copy. Here
all of it flows through once, so nothing lies on the disk but the archive itself, and nothing of it in clear.
"""

from __future__ import annotations

from apps.backups.content import content_of, databases_of, facts_of
from apps.backups.models import Backup
from apps.backups.naming import archive_of
from apps.backups.room import must_have_room
from apps.databases.steps.counting import Counter
from apps.operations.flow import Step
from apps.operations.run import Run
from apps.sites.models import Usage


class Saving(Step):
    """A part of saving an operation's site. *parameter* names the backup; where it names none, nothing is saved."""

    def __init__(self, parameter: str = "backup_id") -> None:
        self.parameter = parameter

    def backup(self, run: Run) -> Backup | None:
        return Backup.objects.select_related("site__server").filter(pk=run.params.get(self.parameter, 0)).first()


class MakeRoom(Saving):
    """See that there is room for as much as there is to save, as if nothing of it could be packed."""

    key = "backup-room"

    def plan(self, run: Run) -> str:
        return "See that the disk has room for the backup" if self.backup(run) else "No backup is made"

    def do(self, run: Run) -> None:
        if backup := self.backup(run):
            must_have_room(run, expected(run, backup))


class WriteArchive(Saving):
    """Backup Creation 2 to 7. A second run begins anew; what a killed one has left goes before."""

    key = "backup-archive"

    def plan(self, run: Run) -> str:
        backup = self.backup(run)
        if backup is None:
            return "No backup is made"
        what = [*map(str, databases_of(backup)), *(["the files"] if backup.has_files else [])]
        return (
            f"Save {', '.join(what) or 'nothing'} in one pass, packed and encrypted: {archive_of(run.places, backup)}"
        )

    def do(self, run: Run) -> None:
        backup = self.backup(run)
        if backup is None:
            return
        counter = Counter(run, expected(run, backup), "saved")
        content = content_of(run, backup, counter)
        written = run.host.archives.write(backup.slug, backup.file, content, counter, counter.add)
        backup.sha256, backup.warnings = written.sha256, list(written.warnings)
        backup.facts = facts_of(content, written)
        backup.save(update_fields=["facts", "warnings", "sha256"])

    def undo(self, run: Run) -> None:
        if backup := self.backup(run):
            run.host.archives.discard(backup.slug, backup.file)


class MeasureArchive(Saving):
    """Backup Creation 8; and 10, for the part that it was written to has become the archive: nothing else was made."""

    key = "backup-size"

    def plan(self, run: Run) -> str:
        return "Write down how large the archive is" if self.backup(run) else "No backup is made"

    def do(self, run: Run) -> None:
        if backup := self.backup(run):
            with run.host.archives.file(backup.slug, backup.file) as archive:
                Backup.objects.filter(pk=backup.pk).update(bytes=archive.size)


def expected(run: Run, backup: Backup) -> int:
    """Bytes of what is to be saved, as far as it was ever measured: an estimate for the bar and for the room."""
    usage = Usage.objects.filter(site=backup.site).first() if backup.has_files else None
    return (usage.bytes if usage else 0) + sum(run.host.schemas.size(one.name).data for one in databases_of(backup))
