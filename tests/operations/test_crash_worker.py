"""A worker's configuration, start, stop and revival, killed at every point, forward and back."""

from __future__ import annotations

import pytest

from apps.domains import serving
from apps.host.host import Host
from apps.host.supervisor import find
from apps.lifecycle.worker import CONFIGURE, START, STOP, configure_worker, start_worker, stop_worker
from apps.lifecycle.worker_watch import GIVE_UP, REVIVE, give_up_worker, revive_worker
from apps.operations.asking import Ask
from apps.sites.models import Site
from apps.workers import state
from apps.workers.roster import ought_to_run, worker_of
from apps.workers.steps.running import show
from tests.operations.crashing import Loop, as_it_is, killed_forward, killed_undoing, site
from tests.operations.test_crash import before, drive, unsent

__all__ = ["before", "site", "unsent"]
pytestmark = [pytest.mark.host, pytest.mark.backend, pytest.mark.django_db(transaction=True)]
ME = Ask(user=None, door="test")


def state_of(host: Host, site: Site) -> tuple[str, str, bool, bool]:
    """Its status, what the front shows, whether its worker ought to run, and whether it really does."""
    site = Site.objects.select_related("runtime").get(pk=site.pk)
    ought = ought_to_run(site.server.name).filter(pk=site.pk).exists()
    return site.status, site.front, ought, find.server(worker_of(site, host)) is not None


def runs(host: Host, site: Site) -> None:
    assert state_of(host, site) == ("active", "up", True, True)


def rests(host: Host, site: Site) -> None:
    assert state_of(host, site) == ("active", "stopped", False, False)


def started(host: Host, site: Site) -> None:
    drive(start_worker(ME, site).pk, host)


def stopped(host: Host, site: Site) -> None:
    drive(stop_worker(ME, site).pk, host)


def died(host: Host, site: Site) -> None:
    """Behind the panel's back: its records say that it runs."""
    host.supervisor.stop(worker_of(Site.objects.select_related("runtime").get(pk=site.pk), host))


def still_dead(host: Host, site: Site) -> None:
    assert state_of(host, site) == ("active", "up", True, False)


def given_up(host: Host, site: Site) -> None:
    assert state_of(host, site) == ("active", "failed", False, False)


def not_given_up(host: Host, site: Site) -> None:
    state.write(site, given_up_at=None)
    show(site, Site.Front.UP)
    assert serving.load(site.server, host, site.server.want_front())


LOOPS = {
    "configure": Loop(CONFIGURE, lambda site: configure_worker(ME, site), runs, as_it_is),
    "start": Loop(START, lambda site: start_worker(ME, site), runs, stopped, ready=stopped),
    "stop": Loop(STOP, lambda site: stop_worker(ME, site), rests, started),
    "revive": Loop(REVIVE, lambda site: revive_worker(ME, site), runs, died, ready=died),
    "give-up": Loop(GIVE_UP, lambda site: give_up_worker(ME, site), given_up, not_given_up, ready=died),
}
AFTERWARDS = {"start": rests, "revive": still_dead, "give-up": still_dead}


@pytest.mark.parametrize("name", LOOPS)
def test_killed_at_any_point_it_is_complete_afterwards(name: str, machine: Host, site: Site) -> None:
    killed_forward(LOOPS[name], machine, site)


@pytest.mark.parametrize("name", LOOPS)
def test_killed_on_the_way_back_it_leaves_the_worker_as_it_was(name: str, machine: Host, site: Site) -> None:
    killed_undoing(LOOPS[name], machine, site)
    AFTERWARDS.get(name, runs)(machine, site)
