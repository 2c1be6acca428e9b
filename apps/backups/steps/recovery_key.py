"""Which recovery key archives are locked for from now on."""

from __future__ import annotations

from django.db import transaction
from django.utils.timezone import now

from apps.backups.models import BackupKey
from apps.backups.recovery import recovery_keys
from apps.operations.flow import Step
from apps.operations.run import Run
from apps.servers.models import Server


class SetRecoveryKey(Step):
    """The one before is retired: its row stays, for archives that were locked for it."""

    key = "recovery-key"

    def plan(self, run: Run) -> str:
        recipient = run.params["recipient"]
        old = recovery_keys(run.record(Server)).exclude(recipient=recipient).values_list("recipient", flat=True)
        return f"Lock archives for {recipient} too{''.join(f', and for {one} no more' for one in old)}"

    def do(self, run: Run) -> None:
        server, recipient = run.record(Server), run.params["recipient"]
        row = BackupKey.objects.filter(server=server, recipient=recipient)
        run.remember("known", row.count)
        run.remember("before", lambda: " ".join(recovery_keys(server).values_list("recipient", flat=True)))
        with transaction.atomic():
            recovery_keys(server).exclude(recipient=recipient).update(retired_at=now())
            BackupKey.objects.update_or_create(server=server, recipient=recipient, defaults={"retired_at": None})
        run.note("Archives that are there already are not locked for it; those that are made from now on are.")

    def undo(self, run: Run) -> None:
        if "before" not in run.memo:
            return
        mine = BackupKey.objects.filter(server=run.record(Server))
        with transaction.atomic():
            recovery_keys(run.record(Server)).update(retired_at=now())
            mine.filter(recipient__in=run.memo["before"].split()).update(retired_at=None)
            if not run.memo["known"]:
                mine.filter(recipient=run.params["recipient"], sealed_identity="").delete()
