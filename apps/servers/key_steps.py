"""A server's key for sealed texts gives way to a new one: both open, all is sealed anew, then the old one goes."""

from __future__ import annotations

from apps.operations import sealing
from apps.operations.flow import Step
from apps.operations.models import StepRun
from apps.operations.run import Run
from apps.servers.models import Server

SETTLES = 5.0
"""Seconds that a step may hold a text that it has sealed and not yet written down."""
BEFORE = "before"


class AddKey(Step):
    """A new key first in the file, the old ones behind it: whatever was sealed opens still."""

    key = "key-add"

    def plan(self, run: Run) -> str:
        return f"Put a new key first into {run.places.keys / 'fernet'}; the old one opens still"

    def do(self, run: Run) -> None:
        vault = run.host.vault
        if run.remember(BEFORE, vault.mark) == vault.mark():
            _write(run, vault.with_new_key())

    def undo(self, run: Run) -> None:
        """The old key seals again. The new one stays behind it, for what it has sealed."""
        if before := run.memo.get(BEFORE):
            _write(run, run.host.vault.with_old_key(before))


class SealAnew(Step):
    key = "key-reseal"

    def plan(self, run: Run) -> str:
        told = ", ".join(sorted({column.told for column in sealing.COLUMNS}))
        return f"Seal every secret of this server anew: {told}"

    def do(self, run: Run) -> None:
        _seal_anew(run)


class DropOldKey(Step):
    """Once nothing is sealed with it, whoever was at work when the new key came."""

    key = "key-drop"

    def plan(self, run: Run) -> str:
        return "See that nothing is sealed with the old key any more, and remove it"

    def do(self, run: Run) -> None:
        if not run.memo.get("settled"):
            run.remember("settled", lambda: 1)
            run.again(SETTLES, "Steps that have sealed something with the old key write it down.")
        if _seal_anew(run):
            run.again(1.0, "Something was sealed with the old key meanwhile.")
        if at_work := _at_work(run):
            run.again(1.0, f"Operation {at_work.operation_id} is at work with something sealed.")
        _write(run, run.host.vault.with_newest_key())


def _seal_anew(run: Run) -> int:
    """Seal anew what is not sealed with the first key. Returns how many rows that were."""
    vault, found = run.host.vault, 0
    for column, row, value in sealing.sealed_rows(run.record(Server)):
        anew = sealing.resealed(value, vault.reseal)
        if anew != value:
            column.replace(row, anew)  # or somebody has written there meanwhile: the next look finds it
            found += 1
            run.progress(found, 0, "sealed anew")
    return found


def _at_work(run: Run) -> StepRun | None:
    """A step that runs now, and may write again what it has read before."""
    running = StepRun.objects.filter(status=StepRun.Status.RUNNING, operation__server=run.record(Server))
    others = running.exclude(operation=run.operation).exclude(memo={})
    return next((line for line in others if any(sealing.texts(line.memo))), None)


def _write(run: Run, keys: str) -> None:
    run.host.files.write(run.host.vault.keys, keys, 0o600)
