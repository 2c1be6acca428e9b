"""An application that is kept in memory; one whose script for that fails runs without, and the panel says so."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import pytest

from apps.host.host import Host
from apps.host.supervisor import find
from apps.host.visit import fetch
from apps.lifecycle.site_activation import restart_site, start_site, stop_site
from apps.lifecycle.site_update import update_site
from apps.lifecycle.worker import start_worker, stop_worker
from apps.lifecycle.worker_watch import watch
from apps.operations.asking import Ask
from apps.operations.models import Operation
from apps.servers.models import Server
from apps.sites.models import Site
from apps.workers.roster import GRACE, worker_of
from tests.doors.staff import at_the_door, boss, site_page
from tests.lifecycle.creation import drive_all
from tests.lifecycle.driving import ask, drive
from tests.lifecycle.test_site_create_laravel import With, with_app
from tests.lifecycle.test_site_create_strangers import stranger_on
from tests.lifecycle.test_site_runtime import visited
from tests.make import a_client
from tests.parts.front import RunningFront
from tests.parts.pages import put_page
from tests.parts.worker import wait_for
from tests.sites.composer_app import WORKER

__all__ = ["with_app"]
pytestmark = [pytest.mark.host, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("before")]
ME = Ask(user=None, door="test")
SCRIPT = "public/frankenphp-worker.php"
FAILS = "<?php throw new Exception('no such service');"
FAILS_LATE = "<?php usleep(400000); throw new Exception('no such service');"
"""Until it has failed six times, PHP answers all else."""
Act = Callable[[Host, Site], Operation]


@pytest.fixture
def site(with_app: With) -> Site:
    site = Site.objects.get(pk=drive(ask(kind="laravel", database=False), with_app()).subject_id)
    assert is_in_memory(site)
    return site


def is_in_memory(site: Site) -> bool:
    status, body = fetch(site.port or 0, "fault.localhost", "/x")
    assert status == 200, body
    return "started anew" not in body


def again(site: Site) -> Site:
    return Site.objects.select_related("worker", "runtime", "server").get(pk=site.pk)


def restarted(host: Host, site: Site) -> Operation:
    return drive(restart_site(ME, again(site)), host)


def started(host: Host, site: Site) -> Operation:
    drive(stop_site(ME, again(site)), host)
    return drive(start_site(ME, again(site)), host)


def worker_started(host: Host, site: Site) -> Operation:
    drive(stop_worker(ME, again(site)), host)
    return drive(start_worker(ME, again(site)), host)


def updated(host: Host, site: Site) -> Operation:
    limit = str(300 + Operation.objects.count())
    return drive(update_site(ME, again(site), memory_limit=limit), host)


def revived(host: Host, site: Site) -> Operation:
    server = find.server(worker_of(again(site), host))
    assert server is not None
    os.kill(server.pid, signal.SIGKILL)
    wait_for(lambda: find.server(worker_of(again(site), host)) is None)
    watch(Server.objects.get(), host)
    drive_all(host)
    return Operation.objects.get(flow="worker.revive")


EACH = [(FAILS, act) for act in (restarted, started, worker_started, updated, revived)]


@pytest.mark.parametrize(("script", "act"), [*EACH, (FAILS_LATE, restarted), (FAILS_LATE, updated)])
def test_a_script_that_fails_costs_its_site_nothing_but_worker_mode(
    machine: Host, site: Site, script: str, act: Act
) -> None:
    put_page(site, SCRIPT, script)
    operation = act(machine, site)
    assert operation.status == "done", operation.error
    assert not is_in_memory(site)
    worker = again(site).worker
    assert worker.classic_since is not None
    assert "frankenphp-worker.php has not reached" in worker.classic_reason or "ended" in worker.classic_reason


def test_it_is_shown_and_ends_with_the_next_start_that_works(machine: Host, site: Site) -> None:
    put_page(site, SCRIPT, FAILS)
    restarted(machine, site)
    rose = boss("rose")
    note = a_client(rose).get(f"/api/v1/workers/{site.pk}/").json()["note"]
    assert note.startswith("It runs without worker mode since ")
    assert "It runs without worker mode since" in at_the_door(rose).get(site_page(site)).content.decode()
    put_page(site, SCRIPT, WORKER)
    assert restarted(machine, site).status == "done"
    assert is_in_memory(site)
    assert a_client(rose).get(f"/api/v1/workers/{site.pk}/").json()["note"] == ""


def test_no_visitor_sees_an_error_while_it_is_restarted(machine: Host, site: Site, parts: RunningFront) -> None:
    with visited(parts, hands=3) as seen:
        for _ in range(5):
            begun = time.monotonic()
            assert restarted(machine, site).status == "done"
            assert time.monotonic() - begun < GRACE, "no stop waits for requests that its own end has stranded"
    assert set(seen) == {200}, seen
    assert is_in_memory(site)


def test_a_site_that_is_told_to_run_without_has_nothing_to_be_noted(machine: Host, site: Site) -> None:
    put_page(site, SCRIPT, FAILS)
    restarted(machine, site)
    operation = drive(update_site(ME, again(site), worker_mode="off"), machine)
    assert operation.status == "done", operation.error
    assert not is_in_memory(site)
    assert again(site).worker.classic_since is None


def test_15_a_port_that_a_stranger_has_is_no_fault_of_the_script(machine: Host, site: Site) -> None:
    drive(stop_site(ME, again(site)), machine)
    with stranger_on(site.port or 0):
        operation = drive(start_site(ME, again(site)), machine)
    assert operation.status == "undone"
    assert "is used by" in operation.error
    assert again(site).worker.classic_since is None
