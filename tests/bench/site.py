"""A WordPress site, from the accepted request to its first page over HTTPS, beside the same made by hand."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from apps.host.host import Host
from apps.operations.flow import FLOWS
from apps.operations.models import Operation
from apps.sites.models import Site
from apps.workers.roster import worker_of
from tests.bench.asking import ask_for_site, number, token, wait_for_end
from tests.bench.by_hand import SCRIPT, WORDPRESS, by_hand
from tests.bench.figure import Figure, middle, spread, table
from tests.bench.front import Front
from tests.bench.private import Panel
from tests.bench.waiting import until
from tests.bench.web import Web

RUNS = 5
TIMES, A_STEP = 1.25, 0.02
WHAT = "WordPress: request accepted → first 200 over HTTPS"
TITLE = "Bench shop"


@dataclass(frozen=True)
class Created:
    """*seconds* to the first page.

    *steps*: seconds by the step's key; *beside*: what passed before the first, between them, and after the last.
    """

    site_id: int
    seconds: float
    steps: dict[str, float]
    beside: dict[str, float]


def measure(panel: Panel, runs: int = RUNS) -> Figure:
    panel.up()
    web = Web(panel.places.run / "panel" / "web.sock", token())
    assert WORDPRESS.source
    tree = panel.host.sources.tree(WORDPRESS.source)
    hands, panels = [], []
    for count in range(runs + 1):
        if count % 2:  # neither always comes after what the other one left to the disk
            hand, made = _by_hand(panel, tree), create(panel, web)
        else:
            made, hand = create(panel, web), _by_hand(panel, tree)
        if count:  # the first is for warming up
            hands.append(hand)
            panels.append(made)
    return _figure(hands, panels)


def _by_hand(panel: Panel, tree: Path) -> dict[str, float]:
    os.sync()
    return by_hand(panel, next(number), tree)


def create(panel: Panel, web: Web, *, stop: bool = True) -> Created:
    """Ask for a site as a script does, and look for its page until it is there. *stop* its worker afterwards."""
    host = f"bench-shop-{next(number)}.localhost"
    front = Front(panel.places)
    os.sync()
    operation = ask_for_site(web, TITLE, "wordpress", host)
    last = operation.lines.filter(key=FLOWS["site.create"].lines[-1].key)
    # Asking the front all the time would take a core from the work, so that only its end is watched from outside
    until(lambda: last.exists() or _failed(operation), f"{host} is not loaded.")
    until(lambda: _is_there(front, host) or _failed(operation), f"{host} has no page.")
    there = time.time()
    wait_for_end(operation)
    if stop:
        _stop(panel.host, operation)
    return _created(operation, there)


def _is_there(front: Front, host: str) -> bool:
    page = front.get(host)
    if page is None or page.status != 200:
        return False
    assert WORDPRESS.recognises(page.body, TITLE), page.body[:500]
    return True


def _failed(operation: Operation) -> bool:
    """AssertionError when the panel takes the site back."""
    lost = Operation.objects.filter(pk=operation.pk, status__in=("undoing", "undone", "stuck")).first()
    assert lost is None, f"The site was not created: {lost and lost.error}"
    return False


def _created(operation: Operation, there: float) -> Created:
    lines = [(line.key, line.started_at, line.ended_at or line.started_at) for line in operation.lines.all()]
    accepted = operation.created_at.timestamp()
    beside = {
        "until the first step": lines[0][1].timestamp() - accepted,
        "between the steps": sum((begin - end).total_seconds() for (_, _, end), (_, begin, _) in pairwise(lines)),
        "from the last step to the page": there - lines[-1][2].timestamp(),
    }
    steps = {key: (end - begin).total_seconds() for key, begin, end in lines}
    return Created(operation.subject_id, there - accepted, steps, beside)


def _stop(host: Host, operation: Operation) -> None:
    """Its worker would disturb the next run."""
    host.supervisor.stop(worker_of(Site.objects.get(pk=operation.subject_id), host))


def _figure(hands: list[dict[str, float]], panels: list[Created]) -> Figure:
    value, floor = middle([made.seconds for made in panels]), middle([sum(hand.values()) for hand in hands])
    steps = len(FLOWS["site.create"].lines)
    parts = {name: middle([hand[name] for hand in hands]) for name in hands[0]}
    ours = {name: middle([made.steps[name] for made in panels]) for name in panels[0].steps}
    beside = {name: middle([made.beside[name] for made in panels]) for name in panels[0].beside}
    return Figure(
        name="site",
        what=WHAT,
        unit="s",
        value=value,
        floor=floor,
        floor_is="by_hand.sh",
        reach=TIMES * floor + A_STEP * steps,
        reach_is=f"1.25 x + 20 ms for each of {steps} steps",
        runs=len(panels),
        lines=[
            f"from {spread([made.seconds for made in panels], 's')}; by hand"
            f" from {spread([sum(hand.values()) for hand in hands], 's')}",
            "by hand:", *(f"  {line}" for line in table(parts, "s")),
            "the panel's steps:", *(f"  {line}" for line in table(ours, "s")),
            "beside the steps:", *(f"  {line}" for line in table(beside, "s")),
            f"by_hand.sh ({Path(SCRIPT).name}):", *(f"  | {line}" for line in SCRIPT.read_text().splitlines()),
        ],
        details={"by_hand": hands, "panel": [vars(made) for made in panels]},
    )  # fmt: skip
