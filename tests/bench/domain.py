"""A domain is added to a site beside 10 plain ones, and beside 1,000: records and front, certificates warm.

By turns, a few beside the one and a few beside the other: so that what else the machine does meets both.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace
from functools import cache, partial, reduce
from pathlib import Path

from django.conf import settings

from apps.domains import serving
from apps.domains.models import Domain
from apps.host.caddy_tls import served_certificate
from apps.operations.flow import FLOWS
from apps.operations.models import Operation
from apps.servers.models import Server
from apps.sites.models import Site
from tests.bench.asking import ask_for_site, number, operation_of, token, wait_for_end
from tests.bench.figure import Figure, middle, spread, table
from tests.bench.memory import MB, processes
from tests.bench.private import Panel
from tests.bench.waiting import until
from tests.bench.web import Web

RUNS, ROUNDS = 9, 3
FEW, MANY = 10, 1000
TIMES = 4
PLAIN = "plain-"
NO_PORT = 30000
"""The plain sites' ports are outside the server's range: none of them has a worker."""
WARM_WITHIN = 120.0


@dataclass(frozen=True)
class Taken:
    """Beside so many sites: the seconds of each addition, round by round, *steps* of the last one, the memory in MB.

    *resident* counts the program's own text, which the sites' processes have too; *proportional* its share of it.
    """

    rounds: tuple[tuple[float, ...], ...]
    steps: dict[str, float]
    resident: float
    proportional: float

    @property
    def seconds(self) -> list[float]:
        return [one for together in self.rounds for one in together]

    def then(self, later: Taken) -> Taken:
        return replace(later, rounds=(*self.rounds, *later.rounds))


def measure(panel: Panel, runs: int = RUNS) -> Figure:
    few, many = taken(panel, runs)
    floor = middle(few.seconds)
    ratios = [middle(more) / middle(less) for less, more in zip(few.rounds, many.rounds, strict=True)]
    return Figure(
        name="domain",
        what=f"a domain added beside {MANY} plain sites: request → done",
        unit="s",
        value=middle(many.seconds),
        floor=floor,
        floor_is=f"the same beside {FEW}",
        reach=TIMES * floor,
        reach_is=f"{TIMES} x",
        runs=runs,
        lines=[
            f"from {spread(many.seconds, 's')}; beside {FEW} from {spread(few.seconds, 's')}",
            f"round by round: {', '.join(f'{ratio:.2f}' for ratio in ratios)} x",
            f"the last one's steps beside {FEW}:",
            *table(few.steps, "s"),
            f"and beside {MANY}:",
            *table(many.steps, "s"),
        ],
    )


@cache
def taken(panel: Panel, runs: int) -> tuple[Taken, Taken]:
    """Both, once in a run: the sites that are made stay. The memory beside few is that before there were many."""
    panel.up()
    web = Web(panel.places.run / "panel" / "web.sock", token())
    operation = ask_for_site(web, "Bench domain", "static", f"bench-domain-{next(number)}.localhost")
    wait_for_end(operation)
    site = Site.objects.get(pk=operation.subject_id)
    found: dict[int, list[Taken]] = {FEW: [], MANY: []}
    for _ in range(rounds := min(ROUNDS, runs)):
        for sites, so_far in found.items():
            so_far.append(_beside(panel, web, site, sites, runs // rounds))
    few, many = (reduce(Taken.then, so_far) for so_far in found.values())
    return replace(few, resident=found[FEW][0].resident, proportional=found[FEW][0].proportional), many


def _beside(panel: Panel, web: Web, site: Site, sites: int, runs: int) -> Taken:
    _fill(site, sites)
    _serve(panel, site, sites)
    _add(web, site)  # for warming up
    found = [_add(web, site) for _ in range(runs)]
    front = processes(("front",))
    resident = sum(map(_resident, (process.pid for process in front)))
    proportional = sum(process.pss for process in front)
    return Taken((tuple(seconds for seconds, _ in found),), _steps(found[-1][1]), resident, proportional)


def _fill(site: Site, sites: int) -> None:
    """Records of plain sites, until there are so many beside *site*."""
    there = Site.objects.filter(slug__startswith=PLAIN).count()
    facts = {"kind": "static", "status": Site.Status.INACTIVE, "front": Site.Front.UP}
    made = Site.objects.bulk_create(
        Site(name=f"Plain {n}", slug=f"{PLAIN}{n}", port=NO_PORT + n, server=site.server, runtime=site.runtime, **facts)
        for n in range(there, sites)
    )
    Domain.objects.bulk_create(Domain(site=one, host=f"{one.slug}.localhost", primary=True) for one in made)


def _serve(panel: Panel, site: Site, sites: int) -> None:
    """A front that serves the first so many of them and no others, and has a certificate for each."""
    plain = Domain.objects.filter(site__slug__startswith=PLAIN).order_by("pk")
    chosen = list(plain.values_list("pk", "host")[:sites])
    plain.update(served=False)
    plain.filter(pk__in=[pk for pk, _ in chosen]).update(served=True)
    server = Server.objects.get(pk=site.server_id)
    assert serving.load(server, panel.host, server.want_front())
    for _, host in chosen:
        until(partial(_has_certificate, host), f"{host} has no certificate.", WARM_WITHIN)


def _has_certificate(host: str) -> bool:
    return served_certificate(host, settings.HTTPS_PORT) is not None


def _add(web: Web, site: Site) -> tuple[float, Operation]:
    begin = time.perf_counter()
    wanted = {"site": site.slug, "host": f"more-{next(number)}.localhost"}
    operation = operation_of(web.ask("POST", "/api/v1/domains/", wanted))
    wait_for_end(operation)
    return time.perf_counter() - begin, operation


def _resident(pid: int) -> float:
    said = re.search(r"^VmRSS:\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return int(said[1]) / MB if said else 0.0


def _steps(operation: Operation) -> dict[str, float]:
    lines = {line.key: line.ended_at - line.started_at for line in operation.lines.all() if line.ended_at}
    return {line.key: lines[line.key].total_seconds() for line in FLOWS["domain.create"].lines}
