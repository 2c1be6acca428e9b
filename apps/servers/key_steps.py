"""A server's keys for sealed texts give way to new ones: both open, all is sealed anew, then the old ones go.

There are two: the vault's, with which its runners seal, and the letterbox's, for which the doors do. A letter that is
on its way when the new key comes, in a request that waits in line, opens still and is sealed anew like the rest.
"""

from __future__ import annotations

from collections.abc import Iterator

from apps.host.host import Host
from apps.host.key_file import KeyFile
from apps.operations import sealing
from apps.operations.flow import Step
from apps.operations.letterbox import letterbox_of, readdressed
from apps.operations.models import Operation, StepRun
from apps.operations.run import Run
from apps.servers.models import Server

SETTLES = 5.0
"""Seconds that a step or a door may hold a text that it has sealed and not yet written down."""


class AddKey(Step):
    """A new key first in each file, the old ones behind it: whatever was sealed opens still."""

    key = "key-add"

    def plan(self, run: Run) -> str:
        names = " and ".join(str(run.places.keys / name) for name in ("fernet", "letterbox"))
        return f"Put a new key first into {names}; the old ones open still"

    def do(self, run: Run) -> None:
        for file in _files(run):
            if run.remember(file.path.name, file.mark) == file.mark():
                _write(run, file, file.with_new_key())
        _put_up_letterbox(run)

    def undo(self, run: Run) -> None:
        """The old keys seal again. The new ones stay behind them, for what they have sealed."""
        for file in _files(run):
            if mark := run.memo.get(file.path.name):
                _write(run, file, file.with_old_key(mark))
        _put_up_letterbox(run)


class SealAnew(Step):
    key = "key-reseal"

    def plan(self, run: Run) -> str:
        told = ", ".join(sorted({column.told for column in sealing.COLUMNS}))
        return f"Seal every secret of this server anew: {told}"

    def do(self, run: Run) -> None:
        _seal_anew(run)


class DropOldKey(Step):
    """Once nothing is sealed with them, whoever was at work when the new keys came."""

    key = "key-drop"

    def plan(self, run: Run) -> str:
        return "See that nothing is sealed with the old keys any more, and remove them"

    def do(self, run: Run) -> None:
        if not run.memo.get("settled"):
            run.remember("settled", lambda: 1)
            run.again(SETTLES, "What was sealed with the old keys is being written down.")
        if _seal_anew(run):
            run.again(1.0, "Something was sealed with an old key meanwhile.")
        if at_work := _at_work(run):
            run.again(1.0, f"Operation {at_work.operation_id} is at work with something sealed.")
        for file in _files(run):
            _write(run, file, file.with_newest_key())


def _files(run: Run) -> tuple[KeyFile, KeyFile]:
    return run.host.vault.own, run.host.vault.letterbox


def _put_up_letterbox(run: Run) -> None:
    """The doors seal for its newest key from now on."""
    Server.objects.filter(pk=run.record(Server).pk).update(letterbox=letterbox_of(run.host))


def _seal_anew(run: Run) -> int:
    """Seal anew what is not sealed with the first keys. Returns how many rows that were."""
    host, found = run.host, 0
    for column, row, value in sealing.sealed_rows(run.record(Server)):
        anew = column.resealed(value, _forwarded(host) if column.letters else host.vault.reseal)
        if anew != value:
            column.replace(row, anew)  # or somebody has written there meanwhile: the next look finds it
            found += 1
            run.progress(found, 0, "sealed anew")
    return found


def _forwarded(host: Host) -> sealing.Seal:
    return lambda letter: readdressed(host, letter)


def _at_work(run: Run) -> StepRun | None:
    """A step that runs now, and may write again what it has read before."""
    running = StepRun.objects.filter(status=StepRun.Status.RUNNING, operation__server=run.record(Server))
    others = running.exclude(operation=run.operation).select_related("operation")
    return next((line for line in others if any(_sealed_in(line))), None)


def _sealed_in(line: StepRun) -> Iterator[str]:
    """What a step has in hand: its memo, and what its request came with."""
    held = {StepRun: line, Operation: line.operation}
    for column in sealing.COLUMNS:
        if holder := held.get(column.model):
            yield from column.texts(getattr(holder, column.field))


def _write(run: Run, file: KeyFile, keys: str) -> None:
    run.host.files.write(file.path, keys, 0o600)
