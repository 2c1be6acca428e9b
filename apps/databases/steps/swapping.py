"""The content of the database beside in the place of the live one's: tables at once, then what has code in it."""

from __future__ import annotations

import base64
import zlib
from functools import partial

from apps.databases.steps.export import login_of
from apps.databases.steps.scratch import besides, told
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
        if not told(run):
            return "No tables are exchanged"
        if table := _only(run):
            return f"Put the table {table} in the place of that of {told(run)}, and its triggers"
        return f"Put its tables in the place of those of {told(run)}, all at once; then views and triggers"

    def do(self, run: Run) -> None:
        for one in besides(run):
            live = login_of(run, one.database)
            theirs = run.remember(f"theirs-{live.name}", partial(_code_of, run, one.scratch))
            run.remember(f"ours-{live.name}", partial(_code_of, run, live))
            run.host.schemas.swap(live.name, one.scratch.name, one.aside, _only(run))
            run.host.dumps.load(live, [_opened(theirs)])
            CODE_LOADED()

    def undo(self, run: Run) -> None:
        for one in reversed(besides(run)):
            live = login_of(run, one.database)
            ours = run.memo.get(f"ours-{live.name}")
            if ours is not None:
                run.host.schemas.swap_back(live.name, one.scratch.name, one.aside, _only(run))
                run.host.dumps.load(live, [_opened(ours)])
                run.host.schemas.drop(one.aside)


def _only(run: Run) -> str:
    """The one table that is exchanged, where it is one."""
    return str(run.params.get("table", ""))


def _code_of(run: Run, login: Login) -> str:
    packed = zlib.compress(run.host.dumps.code(login, run.host.schemas.views(login.name)))
    if len(packed) > MOST_CODE:
        raise Refused(f"{login.name} has more triggers, views and routines than can be moved: {len(packed)} bytes.")
    return base64.b64encode(packed).decode()


def _opened(kept: str) -> bytes:
    return zlib.decompress(base64.b64decode(kept))
