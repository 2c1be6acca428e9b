"""Memory of the panel's own processes after some work: PSS, so that shared pages count once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from apps.host.memory import descendants
from apps.servers.local.running import REST, supervisord
from tests.bench.asking import ask_for_site, number, session, token, wait_for_end
from tests.bench.figure import Figure, middle, table
from tests.bench.private import Panel
from tests.bench.web import Web

RUNS = 1
REACH = 450.0
OPERATIONS = 5
PAGES = ("/admin/", "/admin/sites/site/", "/admin/sites/site/add/", "/admin/operations/operation/", "/api/v1/sites/")
ROUNDS = 4
WHAT = "memory (PSS) of gunicorn 2 x 4 threads, three runners and beat, after 20 pages and 5 operations"
MB = 1000  # kB, as the kernel counts
MAPPED = re.compile(r"^[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \S+ *(.*)$")


@dataclass(frozen=True)
class Process:
    """*parts*: PSS in MB by what it is: heap, libraries and other files, anonymous memory."""

    service: str
    pid: int
    parts: dict[str, float]

    @property
    def pss(self) -> float:
        return sum(self.parts.values())


def measure(panel: Panel, runs: int = RUNS) -> Figure:
    panel.up()
    totals, found = [], list[Process]()
    for _ in range(runs):
        _work(panel)
        found = processes(REST)
        totals.append(sum(process.pss for process in found))
    beside = processes(("mariadb", "front"))
    return Figure(
        name="memory",
        what=WHAT,
        unit="MB",
        value=middle(totals),
        reach=REACH,
        reach_is="450 MB",
        runs=runs,
        lines=[*_listed(found), "beside them, not counted:", *_listed(beside), _supervisord()],
        details={"processes": [vars(process) for process in (*found, *beside)]},
    )


def processes(services: tuple[str, ...]) -> list[Process]:
    """Every process of these services, as supervisord knows them."""
    found = []
    for process in supervisord().processes():
        if process.name in services:
            pids = [process.pid, *descendants(process.pid)]
            found += [Process(process.name, pid, _parts(pid)) for pid in pids]
    return found


def _listed(found: list[Process]) -> list[str]:
    rows = {
        f"{process.service} {process.pid} ({', '.join(f'{name} {size:.0f}' for name, size in process.parts.items())})":
        process.pss
        for process in found
    }  # fmt: skip
    return table(rows, "MB", 1)


def _parts(pid: int) -> dict[str, float]:
    """What the kernel says of each mapping, in three heaps."""
    parts = {"heap": 0.0, "files": 0.0, "anonymous": 0.0}
    name = "anonymous"
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        mapping = MAPPED.match(line)
        if mapping:
            path = mapping[1]
            name = "heap" if path == "[heap]" else "files" if path.startswith("/") else "anonymous"
        elif line.startswith("Pss:"):
            parts[name] += int(line.split()[1]) / MB
    return parts


def _supervisord() -> str:
    pid = int((settings.PLACES.root / "supervisor" / "supervisord.pid").read_text())
    return f"supervisord, which keeps all of them up: {sum(_parts(pid).values()):.1f} MB, not counted"


def _work(panel: Panel) -> None:
    """Twenty pages as a browser and a script get them, and five operations, one after another."""
    socket = panel.places.run / "panel" / "web.sock"
    script, browser = Web(socket, token()), Web(socket, headers={"Cookie": session()})
    for _ in range(ROUNDS):
        for page in PAGES:
            status, body = (script if page.startswith("/api") else browser).ask("GET", page)
            assert status == 200, (page, status, body[:300])
    for _ in range(OPERATIONS):
        wait_for_end(ask_for_site(script, "Memory", "static", f"memory-{next(number)}.localhost"))
