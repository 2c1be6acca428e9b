"""Many at once: twenty sites, and ten requests for each of twenty more. Each site comes once, nothing else fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.operations.inventory import Inventory
from tests.whole.panel import ROOT, Answer, Panel, a_panel, until
from tests.whole.test_runner_killed import held, look
from tests.whole.test_three_doors import Client

pytestmark = [pytest.mark.host, pytest.mark.backend]
SITES, TIMES, CLIENTS = 20, 10, 40
WITHIN = 120.0


@pytest.fixture(scope="module")
def panel() -> Iterator[Panel]:
    """One of its own: so many sites would be in the way of the other tests."""
    with a_panel() as panel:
        panel.done("up")
        yield panel


@pytest.fixture(scope="module")
def client(panel: Panel) -> Client:
    return Client(panel, "site:create", "site:read", "operation:read")


def ask_at_once(client: Client, numbers: Sequence[int], stem: str) -> list[Answer]:
    """A request for a site of each number, from many clients and without idempotency keys."""
    wanted = [{"name": f"{stem} {one}", "kind": "custom", "domain": f"{stem}-{one}.localhost"} for one in numbers]
    with ThreadPoolExecutor(CLIENTS) as clients:
        return list(clients.map(lambda body: client("POST", "/sites/", body), wanted))


def open_operations(panel: Panel) -> list[tuple[int]]:
    return panel.records("SELECT id FROM operations_operation WHERE ended_at IS NULL")


def assert_all_done(panel: Panel, before: Inventory, accepted: Sequence[Answer]) -> None:
    """Each accepted site is there with all that belongs to it, once; nobody holds anything, and nothing else came."""
    until(lambda: not open_operations(panel), WITHIN, "the end of all operations")
    sites = [answer.json["site"] for answer in accepted]
    ends = dict(panel.records("SELECT subject_id, status FROM operations_operation"))
    assert {ends[site["id"]] for site in sites} == {"done"}
    found = look(panel)
    added: dict[str, list[object]] = {
        place: sorted((Counter(found[place]) - Counter(before[place])).elements())
        for place in found
        if place != "routes"
    }
    assert added["listeners"] == sorted(site["port"] for site in sites)
    assert len(added["processes"]) == len(set(added["listeners"])) == len(sites)
    assert added["users"] == (sorted(panel.places.site_user(site["id"]) for site in sites) if ROOT else [])
    paths = [str(path) for path in added["folders"]]
    assert [path for path in paths if path.startswith("sites/")] == sorted(f"sites/{site['slug']}" for site in sites)
    assert not [path for path in paths if path.startswith("locks/")]
    assert added["databases"] == added["accounts"] == added["grants"] == []
    assert set(found["routes"]) - set(before["routes"]) == {
        f"{scheme}{site['domains'][0]}" for site in sites for scheme in ("", "http://")
    }
    assert held(panel) == []
    assert {panel.ask(site["domains"][0], "/").status for site in sites} == {200}


def test_twenty_sites_asked_for_at_once_all_come(panel: Panel, client: Client) -> None:
    before = look(panel)
    answers = ask_at_once(client, range(SITES), "party")
    assert Counter(answer.status for answer in answers) == {202: SITES}
    assert_all_done(panel, before, answers)


def test_ten_requests_for_each_of_twenty_sites_make_twenty_sites(panel: Panel, client: Client) -> None:
    before = look(panel)
    answers = ask_at_once(client, list(range(SITES)) * TIMES, "crowd")
    accepted = [answer for answer in answers if answer.status == 202]
    refused = [(answer.status, answer.json["code"]) for answer in answers if answer.status != 202]
    assert Counter(refused) == {(409, "taken"): SITES * (TIMES - 1)}
    assert len({answer.json["site"]["slug"] for answer in accepted}) == SITES
    assert_all_done(panel, before, accepted)
    rows = panel.records("SELECT outcome, count(*) FROM audit_auditrow WHERE reason LIKE '%crowd-%' GROUP BY outcome")
    assert rows == [("refused", SITES * (TIMES - 1))]
