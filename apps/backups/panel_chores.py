"""The panel saves itself every day, and removes what may go of that."""

from __future__ import annotations

from django.utils.timezone import now

from apps.backups.clock import known
from apps.backups.models import Backup
from apps.backups.panel import POLICY, is_due, panel_backups
from apps.backups.retention import judged
from apps.host.host import Host
from apps.lifecycle.backup import delete_backup
from apps.lifecycle.panel_backup import export_by_itself
from apps.operations.chores import PANEL, chore, or_later
from apps.servers.models import Server


@chore("panel-backup", every=60)
def save_the_panel(server: Server, host: Host) -> None:
    """Once a day, and at once where there is a recovery key for the first time, or another one."""
    if is_due(server):
        with or_later(f"the panel on {server} is not saved yet"):
            export_by_itself(PANEL, server)


@chore("panel-prune", every=3600)
def remove_old_ones(server: Server, host: Host) -> None:
    """Of those that were made by themselves."""
    ended = panel_backups(server).filter(reason=Backup.Reason.SCHEDULED).exclude(status=Backup.Status.IN_PROGRESS)
    for backup in ended.filter(pk__in=judged(map(known, ended), POLICY, now()).removed).select_related("server"):
        with or_later(f"{backup} is not removed yet"):
            delete_backup(PANEL, backup)
