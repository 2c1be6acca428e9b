"""A worker that dies is back by itself; one that dies too often is left down, shown, and started by a person alone."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable
from threading import Barrier, Thread

import pytest
from django.conf import settings
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from apps.audit.models import AuditRow
from apps.host.host import Host
from apps.host.supervisor import find
from apps.host.supervisor.processes import Process
from apps.host.turns import one_at_a_time
from apps.host.visit import fetch
from apps.lifecycle import worker_watch
from apps.lifecycle.site_activation import restart_site, start_site, stop_site
from apps.lifecycle.site_maintenance import maintain_site
from apps.lifecycle.worker import start_worker, stop_worker
from apps.lifecycle.worker_watch import watch
from apps.operations.asking import Ask
from apps.operations.models import Operation
from apps.servers.models import Server
from apps.sites.models import Site
from apps.workers.models import WorkerState
from apps.workers.roster import active_workers, worker_of
from tests.doors.staff import at_the_door, boss, site_page
from tests.lifecycle.creation import drive_all
from tests.lifecycle.driving import ask, drive
from tests.make import a_client
from tests.parts.crowd import a_crowd
from tests.parts.front import RunningFront
from tests.parts.pages import put_page
from tests.parts.worker import wait_for

pytestmark = [
    pytest.mark.host,
    pytest.mark.backend,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("before"),
]
ME = Ask(user=None, door="test")
PLACES = settings.PLACES


@pytest.fixture
def site(machine: Host, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setattr(worker_watch, "PAUSES", (0.0,) * 4)
    return Site.objects.get(pk=drive(ask(database=False), machine).subject_id)


def server_of(site: Site, host: Host) -> Process | None:
    return find.server(worker_of(Site.objects.get(pk=site.pk), host))


def killed(site: Site, host: Host) -> None:
    server = server_of(site, host)
    assert server is not None
    os.kill(server.pid, signal.SIGKILL)
    # it is no server any more a moment before it lets go of its lock
    wait_for(lambda: host.supervisor.has_died(host.places.worker_lock(site.pk), host.places.worker_pid(site.pk)))


def looked(host: Host) -> list[str]:
    """One look of the watcher, and what it asked for carried out. Returns that."""
    last = Operation.objects.order_by("-id").values_list("id", flat=True).first() or 0
    watch(Server.objects.get(), host)
    drive_all(host)
    return list(Operation.objects.filter(id__gt=last).order_by("id").values_list("flow", flat=True))


def state_of(site: Site) -> WorkerState:
    return WorkerState.objects.get(site=site)


def test_a_killed_worker_is_back_by_itself(machine: Host, site: Site, parts: RunningFront) -> None:
    assert looked(machine) == []
    killed(site, machine)
    assert looked(machine) == ["worker.revive"]
    assert parts.get("fault.localhost", "/").status == 200
    assert (state_of(site).word, state_of(site).restarts) == ("running", 1)
    row = AuditRow.objects.get(action="worker.revive")
    assert (row.outcome, row.name, row.subject_id) == ("accepted", "the panel", site.pk)
    assert looked(machine) == []


def test_one_that_dies_five_times_is_left_down_until_somebody_starts_it(
    machine: Host, site: Site, parts: RunningFront
) -> None:
    for _ in range(4):
        killed(site, machine)
        assert looked(machine) == ["worker.revive"]
    killed(site, machine)
    assert looked(machine) == ["worker.give-up"]
    assert looked(machine) == looked(machine) == []
    assert server_of(site, machine) is None
    assert active_workers(machine, settings.SERVER) == []
    assert_failed_at_once(parts)
    assert_shown_as_down(site)
    assert drive(start_worker(ME, Site.objects.get()), machine).status == "done"
    assert parts.get("fault.localhost", "/").status == 200
    assert (state_of(site).word, state_of(site).deaths, state_of(site).restarts) == ("running", [], 0)
    killed(site, machine)
    assert looked(machine) == ["worker.revive"]


def assert_failed_at_once(front: RunningFront) -> None:
    """The front knows it, and looks for no worker with each request: it would do so for three seconds."""
    begun = time.monotonic()
    page = front.get("fault.localhost", "/", method="POST", body=b"x")
    assert time.monotonic() - begun < 3
    assert (page.status, page.headers["retry-after"]) == (503, "3600")
    assert "This site has failed" in page.body


@pytest.mark.parametrize("act", [start_worker, start_site, restart_site])
def test_whoever_starts_one_that_has_failed_gets_its_page_back(
    machine: Host, site: Site, parts: RunningFront, act: Callable[[Ask, Site], Operation]
) -> None:
    give_up(site, machine)
    assert parts.get("fault.localhost", "/").status == 503
    operation = drive(act(ME, Site.objects.get()), machine)
    assert operation.status == "done", operation.error
    assert (Site.objects.get().front, state_of(site).word) == ("up", "running")
    assert parts.get("fault.localhost", "/").status == 200


def test_one_in_maintenance_that_fails_keeps_its_page(machine: Host, site: Site, parts: RunningFront) -> None:
    assert drive(maintain_site(ME, Site.objects.get()), machine).status == "done"
    give_up(site, machine)
    assert Site.objects.get().front == "maintenance"
    assert "We will be back soon" in parts.get("fault.localhost", "/").body


def give_up(site: Site, host: Host) -> None:
    """As after four deaths, and this one."""
    killed(site, host)
    WorkerState.objects.filter(site=site).update(deaths=[time.time()] * 4, died_at=None)
    assert looked(host) == ["worker.give-up"]


def assert_shown_as_down(site: Site) -> None:
    rose = boss("rose")
    shown = at_the_door(rose).get(site_page(site)).content.decode()
    assert "It died 5 times and is left down until somebody starts it." in shown
    assert "successfully reloaded config" in shown
    assert "Needs a hand" in at_the_door(rose).get("/admin/sites/site/").content.decode()
    told = a_client(rose).get(f"/api/v1/workers/{site.pk}/").json()
    assert (told["status"], told["restarts"]) == ("down", 4)
    assert any("successfully reloaded config" in line for line in told["last_words"])


def test_a_start_waits_longer_after_each_death(machine: Host, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_watch, "PAUSES", (0.0, 60.0, 60.0, 60.0))
    killed(site, machine)
    assert looked(machine) == ["worker.revive"]
    killed(site, machine)
    assert looked(machine) == []
    assert state_of(site).word == "restarting"
    died = state_of(site).deaths
    WorkerState.objects.update(deaths=[at - 61 for at in died])
    assert looked(machine) == ["worker.revive"]
    killed(site, machine)
    assert looked(machine) == looked(machine) == []
    assert len(state_of(site).deaths) == 3, "a death is counted once, however often it is looked at"


def test_one_that_does_not_come_up_again_is_given_up_too(machine: Host, site: Site) -> None:
    binary = site.runtime.path
    type(site.runtime).objects.update(path="/nonexistent/frankenphp")
    killed(site, machine)
    assert [looked(machine) for _ in range(5)] == [["worker.revive"]] * 4 + [["worker.give-up"]]
    told = Operation.objects.filter(flow="worker.revive").values_list("status", "error")
    assert {status for status, _ in told} == {"undone"}
    assert all("FrankenPHP (/nonexistent/frankenphp) is missing" in error for _, error in told)
    type(site.runtime).objects.update(path=binary)
    assert drive(restart_site(ME, Site.objects.get()), machine).status == "done"
    assert state_of(site).word == "running"


def test_two_runners_that_look_at_once_start_it_once(machine: Host, site: Site) -> None:
    killed(site, machine)
    both = Barrier(2)

    def look() -> None:
        both.wait()
        watch(Server.objects.get(), machine)
        connections.close_all()

    runners = [Thread(target=look) for _ in range(2)]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join()
    drive_all(machine)
    assert Operation.objects.filter(flow="worker.revive").count() == 1
    assert (len(state_of(site).deaths), state_of(site).restarts) == (1, 1)


def test_25_what_a_dead_worker_left_running_does_not_hide_its_death(machine: Host, site: Site) -> None:
    """It holds the lock, which it has inherited."""
    put_page(site, "leave.php", "<?php exec('setsid sleep 600 > /dev/null 2>&1 &');")
    fetch(site.port or 0, "fault.localhost", "/leave.php")
    killed(site, machine)
    assert looked(machine) == ["worker.revive"]
    assert state_of(site).word == "running"


def test_what_was_stopped_on_purpose_stays_stopped(machine: Host, site: Site) -> None:
    assert drive(stop_worker(ME, site), machine).status == "done"
    assert looked(machine) == []
    assert active_workers(machine, settings.SERVER) == [], "./panel up leaves it alone, too"
    assert drive(start_worker(ME, Site.objects.get()), machine).status == "done"
    assert len(active_workers(machine, settings.SERVER)) == 1
    assert drive(stop_site(ME, Site.objects.get()), machine).status == "done"
    assert looked(machine) == []


def test_a_site_that_somebody_is_at_and_a_panel_that_is_being_stopped_are_left_alone(
    machine: Host, site: Site
) -> None:
    killed(site, machine)
    busy = restart_site(ME, Site.objects.get())
    watch(Server.objects.get(), machine)
    assert not Operation.objects.filter(flow="worker.revive").exists()
    drive(busy, machine)
    killed(site, machine)
    with one_at_a_time(PLACES.locks / "panel.lock"):
        assert looked(machine) == []
    (PLACES.locks / "panel.lock").unlink()
    assert looked(machine) == ["worker.revive"]


def test_after_a_reboot_an_active_site_is_back(machine: Host, site: Site, parts: RunningFront) -> None:
    """All are dead, the folder of the sockets is empty, and the PID file names a process of another life."""
    killed(site, machine)
    shutil.rmtree(PLACES.worker_socket_dir(site.pk))
    PLACES.worker_pid(site.pk).write_text(f"{os.getpid()}\n12345\nanother-boot\ntoken\n")
    assert looked(machine) == ["worker.revive"]
    assert parts.get("fault.localhost", "/").status == 200


def test_a_look_at_a_thousand_sites_costs_milliseconds(machine: Host) -> None:
    """While all is well: two queries, and two files a site."""
    with a_crowd(1000):
        with CaptureQueriesContext(connection) as queries:
            took = min(_timed(machine) for _ in range(3))
        assert not Operation.objects.exists()
        assert len(queries) == 3 * 2
        print(f"a look at 1,000 sites takes {took * 1000:.0f} ms")  # noqa: T201 - a figure


def _timed(host: Host) -> float:
    begun = time.perf_counter()
    watch(Server.objects.get(), host)
    return time.perf_counter() - begun
