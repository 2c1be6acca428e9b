"""The content of the database beside in the place of the live one's: tables at once, then what has code in it."""

from __future__ import annotations

import base64
import zlib

from apps.databases.models import Database
from apps.databases.steps.export import login_of
from apps.databases.steps.scratch import noted, scratch_of
from apps.host.crash import CrashPoint
from apps.host.errors import Refused
from apps.host.login import Login
from apps.operations.flow import Step
from apps.operations.run import Run

MOST_CODE = 1 << 20
"""Bytes that triggers, views and routines may have in the journal, packed."""
CODE_LOADED = CrashPoint("import.code-loaded")


class SwapContent(Step):
    key = "swap-tables"

    def plan(self, run: Run) -> str:
        return f"Put its tables in the place of those of {run.record(Database)}, all at once; then views and triggers"

    def do(self, run: Run) -> None:
        database, scratch = run.record(Database), scratch_of(run)
        live = login_of(run, database)
        theirs = run.remember("theirs", lambda: _code_of(run, scratch))
        run.remember("ours", lambda: _code_of(run, live))
        run.host.schemas.swap(live.name, scratch.name, noted(run, "aside"))
        run.host.dumps.load(live, [_opened(theirs)])
        CODE_LOADED()

    def undo(self, run: Run) -> None:
        ours = run.memo.get("ours")
        if ours is None:
            return
        live, aside = login_of(run, run.record(Database)), noted(run, "aside")
        run.host.schemas.swap_back(live.name, scratch_of(run).name, aside)
        run.host.dumps.load(live, [_opened(ours)])
        run.host.schemas.drop(aside)


def _code_of(run: Run, login: Login) -> str:
    packed = zlib.compress(run.host.dumps.code(login, run.host.schemas.views(login.name)))
    if len(packed) > MOST_CODE:
        raise Refused(f"{login.name} has more triggers, views and routines than can be moved: {len(packed)} bytes.")
    return base64.b64encode(packed).decode()


def _opened(kept: str) -> bytes:
    return zlib.decompress(base64.b64decode(kept))
