"""Suspended, and in maintenance: what visitors, the owner and people with the link get, and the ways out of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User

from apps.domains.front import PASS
from apps.host.host import Host
from apps.host.supervisor import find
from apps.lifecycle.site_activation import restart_site, start_site, stop_site
from apps.lifecycle.site_maintenance import maintain_site
from apps.lifecycle.site_suspension import suspend_site, unsuspend_site
from apps.lifecycle.site_update import update_site
from apps.operations.asking import Ask
from apps.operations.entry import Entry
from apps.operations.models import Operation, Question
from apps.operations.questions import ANSWERERS
from apps.operations.refusals import Forbidden, Invalid, WrongState
from apps.sites.looks import read_pass
from apps.sites.models import Site
from apps.workers.roster import active_workers, worker_of
from tests.lifecycle.driving import ask, drive
from tests.make import a_user
from tests.parts.front import Answer, RunningFront

pytestmark = [
    pytest.mark.host,
    pytest.mark.backend,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("before"),
]
ME = Ask(user=None, door="test")
HOST = "fault.localhost"


@pytest.fixture
def site(machine: Host) -> Site:
    operation = drive(ask(database=False), machine)
    assert operation.status == "done", operation.error
    return Site.objects.get(pk=operation.subject_id)


@pytest.fixture
def answered(machine: Host, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A runner that answers questions at once."""

    def reply(kind: str, server: Any, user: User | None, wait: float = 10.0, **params: Any) -> Any:
        return ANSWERERS[kind](Question(kind=kind, server=server, params=params), machine)

    monkeypatch.setattr("apps.operations.questions.ask", reply)
    yield


def did(act: Entry[...], site: Site, host: Host, **words: Any) -> Operation:
    operation = drive(act(ME, Site.objects.get(pk=site.pk), **words), host)
    assert operation.status == "done", operation.error
    site.refresh_from_db()
    return operation


def runs(site: Site, host: Host) -> bool:
    return find.server(worker_of(Site.objects.get(pk=site.pk), host)) is not None


def shows(front: RunningFront, said: str, retry_after: str) -> None:
    answer = front.get(HOST, "/any")
    assert (answer.status, answer.headers["retry-after"]) == (503, retry_after)
    assert f"<h1>{said}</h1>" in answer.body


def link_of(site: Site) -> str:
    return read_pass(ME, Site.objects.get(pk=site.pk))["link"].partition("localhost")[2].partition("/")[2]


def let_in_by(front: RunningFront, link: str) -> Answer:
    """What somebody sees who opens the link, and goes where it leads."""
    opened = front.get(HOST, f"/{link}")
    assert (opened.status, opened.headers["location"]) == (303, "/")
    return front.get(HOST, "/", headers={"Cookie": opened.headers["set-cookie"].partition(";")[0]})


def test_a_suspended_site_says_so_and_its_worker_is_gone(machine: Host, parts: RunningFront, site: Site) -> None:
    did(suspend_site, site, machine, reason="  Invoice 17\n is overdue ")
    shows(parts, "This site is suspended", "3600")
    assert (site.status, site.suspended_because, runs(site, machine)) == ("suspended", "Invoice 17 is overdue", False)
    did(unsuspend_site, site, machine)
    assert parts.get(HOST).status == 200
    assert (site.status, site.suspended_because, site.suspended_from) == ("active", "", "")


@pytest.mark.parametrize(("first", "state"), [(stop_site, "inactive"), (maintain_site, "maintenance")])
def test_after_a_suspension_a_site_is_what_it_was(
    machine: Host, parts: RunningFront, site: Site, first: Entry[...], state: str
) -> None:
    did(first, site, machine)
    page = parts.get(HOST).body
    did(suspend_site, site, machine)
    did(unsuspend_site, site, machine)
    assert (site.status, parts.get(HOST).body, runs(site, machine)) == (state, page, state == "maintenance")


def test_an_owner_can_neither_suspend_a_site_nor_end_that(machine: Host, site: Site) -> None:
    owner = a_user("olga")
    Site.objects.filter(pk=site.pk).update(owner=owner)
    hers = Ask(user=owner, door="test")
    for act in (suspend_site, unsuspend_site):
        with pytest.raises(Forbidden, match="site:suspend"):
            act(hers, Site.objects.get(pk=site.pk))
    did(suspend_site, site, machine)
    for way_out in (start_site, maintain_site, stop_site, restart_site):
        with pytest.raises(WrongState, match="is suspended; only a site that is"):
            way_out(hers, Site.objects.get(pk=site.pk))
    with pytest.raises(Forbidden):
        unsuspend_site(hers, Site.objects.get(pk=site.pk))


def test_the_hosts_people_suspend_with_the_permission_alone(site: Site) -> None:
    stan = a_user("stan", may=["sites.suspend_site"])
    assert suspend_site.plan(Ask(user=stan, door="test"), site).flow == "site.suspend"
    with pytest.raises(Forbidden):
        suspend_site(Ask(user=stan, door="api", scopes=frozenset({"site:operate"})), site)


@pytest.mark.parametrize("reason", ["x" * 201, "a\x1b[2J", "\x00"])
def test_a_reason_is_one_line_that_can_be_read(site: Site, reason: str) -> None:
    with pytest.raises(Invalid, match="at most 200 characters"):
        suspend_site(ME, site, reason=reason)


@pytest.mark.usefixtures("answered")
def test_in_maintenance_the_link_alone_leads_to_the_site(machine: Host, parts: RunningFront, site: Site) -> None:
    did(maintain_site, site, machine)
    shows(parts, "We will be back soon", "600")
    answer = let_in_by(parts, link_of(site))
    assert (answer.status, "PHP works" in answer.body) == (200, True)
    assert worker_of(Site.objects.get(pk=site.pk), machine) in active_workers(machine, site.server.name)
    did(start_site, site, machine)
    assert parts.get(HOST).status == 200
    with pytest.raises(WrongState, match="not in maintenance, so it needs no link"):
        link_of(site)


@pytest.mark.usefixtures("answered")
def test_a_new_link_ends_the_old_one(machine: Host, parts: RunningFront, site: Site) -> None:
    did(maintain_site, site, machine)
    old = link_of(site)
    did(maintain_site, site, machine)
    assert link_of(site) != old
    assert (let_in_by(parts, old).status, let_in_by(parts, link_of(site)).status) == (503, 200)


@pytest.mark.usefixtures("answered")
def test_a_stopped_site_runs_during_its_maintenance(machine: Host, parts: RunningFront, site: Site) -> None:
    did(stop_site, site, machine)
    did(maintain_site, site, machine)
    assert let_in_by(parts, link_of(site)).status == 200
    did(stop_site, site, machine)
    shows(parts, "This site is switched off", "3600")
    assert let_in_by_nobody(parts, site, machine)


def let_in_by_nobody(front: RunningFront, site: Site, host: Host) -> bool:
    """The token that the site still has opens nothing once the maintenance is over."""
    token = host.vault.open(Site.objects.get(pk=site.pk).sealed_pass)
    return front.get(HOST, "/", headers={"Cookie": f"{PASS}={token}"}).status == 503


@pytest.mark.usefixtures("answered")
def test_in_maintenance_the_site_is_restarted_and_set_as_ever(machine: Host, parts: RunningFront, site: Site) -> None:
    did(maintain_site, site, machine)
    did(restart_site, site, machine)
    did(update_site, site, machine, memory_limit="300")
    assert (site.status, let_in_by(parts, link_of(site)).status) == ("maintenance", 200)
    shows(parts, "We will be back soon", "600")


@pytest.mark.usefixtures("answered")
def test_the_link_is_kept_sealed_and_told_to_who_operates_the_site(machine: Host, site: Site) -> None:
    operation = did(maintain_site, site, machine)
    token = link_of(site).rpartition("/")[2]
    memos = json.dumps([line.memo for line in operation.lines.all()])
    assert token not in memos + Site.objects.get(pk=site.pk).sealed_pass
    with pytest.raises(Forbidden):
        read_pass(Ask(user=a_user("eve"), door="test"), site)
