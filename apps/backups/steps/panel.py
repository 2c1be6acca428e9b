"""The panel's own archive."""

from __future__ import annotations

from apps.backups.models import Backup
from apps.backups.naming import archive_of
from apps.backups.panel import RECIPIENT, content_of
from apps.backups.recovery import recovery_of
from apps.backups.steps.archive import Saving
from apps.databases.steps.counting import Counter
from apps.host.errors import Refused
from apps.operations.run import Run


class WritePanelArchive(Saving):
    """In one pass, as a site's. A second run begins anew; what a killed one has left goes before."""

    key = "panel-archive"

    def check(self, run: Run) -> None:
        if not recovery_of(run.record(Backup).server):
            raise Refused("There is no recovery key any more, so nobody could open it when it is needed; set one.")

    def plan(self, run: Run) -> str:
        where = archive_of(run.places, run.record(Backup))
        return f"Save the panel's records, keys and settings, packed and locked for the recovery key too: {where}"

    def do(self, run: Run) -> None:
        backup = run.record(Backup)
        counter = Counter(run, 0, "saved")
        content = content_of(run, backup, counter)
        written = run.host.archives.write(backup.slug, backup.file, content, counter, counter.add)
        facts = {**content.manifest, "content": written.content, RECIPIENT: recovery_of(backup.server)}
        Backup.objects.filter(pk=backup.pk).update(sha256=written.sha256, facts=facts)

    def undo(self, run: Run) -> None:
        backup = run.record(Backup)
        run.host.archives.discard(backup.slug, backup.file)
