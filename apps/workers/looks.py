"""What can be read of a site's logs, at every door."""

from __future__ import annotations

from typing import Any

from apps.lifecycle.requests import OPERATE, require
from apps.operations import questions
from apps.operations.asking import Ask
from apps.operations.doors.table import Field, Look
from apps.operations.refusals import Invalid
from apps.sites.models import Site
from apps.workers.loglines import READERS, Line

MOST, LONGEST = 1000, 200


def read_logs(ask: Ask, site: Site, *, which: str = "access", lines: int = 100, filter: str = "") -> list[Line]:
    """``[{at, level, text}]``, newest last. The addresses of visitors stand in them, so it takes who may operate."""
    require(ask, "site:operate", OPERATE, site)
    if which not in READERS:
        raise Invalid("which", f"{which[:40]!r} is no log of a site; choose one of {', '.join(READERS)}.")
    if not 1 <= lines <= MOST:
        raise Invalid("lines", f"Between 1 and {MOST} lines can be shown, not {lines}.")
    if len(filter) > LONGEST:
        raise Invalid("filter", f"What is looked for has at most {LONGEST} characters.")
    asked: dict[str, Any] = {"site_id": site.pk, "which": which, "lines": lines, "filter": filter}
    found: list[Line] = questions.ask("site-logs", site.server, ask.user, **asked)
    return found


LOGS = Look(
    "logs",
    read_logs,
    "site:operate",
    OPERATE,
    "Logs",
    "The last lines of a log: what was asked for (access), PHP's errors (php), or the worker's own words (worker).",
    "./panel site logs rose-sons --which php --lines 50 --filter fatal",
    fields=(
        Field("which", "access, php or worker.", required=False),
        Field("lines", f"How many, at most {MOST}.", "number", required=False),
        Field("filter", "Only lines with this text in them.", required=False),
    ),
    columns=("at", "level", "text"),
)
