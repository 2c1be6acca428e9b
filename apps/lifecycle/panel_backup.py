"""The panel's own backup, with which another machine takes this one's place. The seed has no list for it."""

from __future__ import annotations

from apps.backups.models import Backup
from apps.backups.panel import new_panel_backup
from apps.backups.recovery import recovery_of, warning
from apps.backups.steps.archive import MeasureArchive
from apps.backups.steps.panel import WritePanelArchive
from apps.backups.steps.verifying import VerifyArchive
from apps.lifecycle.backup import BackupRecords
from apps.lifecycle.key_rotation import PERMISSION
from apps.lifecycle.requests import require
from apps.operations.asking import Ask
from apps.operations.enqueue import enqueue
from apps.operations.entry import lifecycle
from apps.operations.flow import Flow
from apps.operations.models import Operation
from apps.operations.refusals import WrongState
from apps.servers.models import Server

SCOPE = "backup:create"
EXPORT = Flow(
    "server.export",
    title="Backup of the Panel",
    steps=(WritePanelArchive(), MeasureArchive(), VerifyArchive((Backup.Status.IN_PROGRESS,))),
    records=BackupRecords(),
    long=True,
)


@lifecycle("server.export")
def export_panel(ask: Ask, server: Server) -> Operation:
    """Save the records, the keys and the settings of the panel on *server*, for the recovery key to open."""
    require(ask, SCOPE, PERMISSION)
    return _export(ask, server, Backup.Reason.ASKED)


@lifecycle("server.export")
def export_by_itself(ask: Ask, server: Server) -> Operation:
    """The same, every day."""
    return _export(ask, server, Backup.Reason.SCHEDULED)


def _export(ask: Ask, server: Server, reason: Backup.Reason) -> Operation:
    if not recovery_of(server):
        raise WrongState(f"The panel is not saved: nobody could open it when it is needed. {warning(server)}")
    params = {"backup_id": new_panel_backup(server, reason).pk}
    resources = [f"server:{server.pk}/backup", f"key:{server.pk}"]
    return enqueue(EXPORT, server, server, ask, params=params, resources=resources)
