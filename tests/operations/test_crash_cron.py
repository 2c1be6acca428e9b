"""A site's cron jobs made, changed, paused, resumed, run and deleted, killed at every point, forward and back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils.timezone import now

from apps.cron.models import Cron, CronRun
from apps.cron.records import new_job, next_time
from apps.host.host import Host
from apps.lifecycle.cron import (
    CREATE,
    DELETE,
    START,
    STOP,
    TEST,
    UPDATE,
    create_job,
    delete_job,
    run_job,
    start_job,
    stop_job,
    update_job,
)
from apps.operations.asking import Ask
from apps.operations.models import Operation
from apps.sites.models import Site
from tests.operations.crashing import Loop, killed_forward, killed_undoing, site
from tests.operations.test_crash import before, unsent

__all__ = ["before", "site", "unsent"]
pytestmark = [pytest.mark.host, pytest.mark.backend, pytest.mark.django_db(transaction=True)]
ME = Ask(user=None, door="test")


def jobs(site: Site) -> list[tuple[str, bool, bool, int]]:
    """Each job's schedule, whether it is active, whether its time comes, and how many runs it has."""
    found = Cron.objects.filter(site=site).order_by("id")
    return [(one.schedule, one.active, one.due_at is not None, one.runs.count()) for one in found]


def are(*wanted: tuple[str, bool, bool, int]) -> Callable[[Host, Site], None]:
    def complete(host: Host, site: Site) -> None:
        assert jobs(site) == list(wanted)

    return complete


def with_a_job(*, paused: bool = False) -> Callable[[Host, Site], None]:
    """One daily job, and no run of it."""

    def ready(host: Host, site: Site) -> None:
        Cron.objects.filter(site=site).delete()
        job = new_job(site, "@daily", "GET /", 60)
        due_at = None if paused else next_time(job, now())
        Cron.objects.filter(pk=job.pk).update(active=not paused, due_at=due_at)

    return ready


def without_jobs(host: Host, site: Site) -> None:
    Cron.objects.filter(site=site).delete()


def of_its_job(act: Callable[[Cron], Operation]) -> Callable[[Site], Operation]:
    return lambda site: act(Cron.objects.select_related("site__server").get(site=site))


DAILY, PAUSED = ("@daily", True, True, 0), ("@daily", False, False, 0)
LOOPS = {
    "create": Loop(CREATE, lambda site: create_job(ME, site, "@daily", "GET /"), are(DAILY), without_jobs),
    "update": Loop(
        UPDATE,
        of_its_job(lambda job: update_job(ME, job, schedule="@weekly")),
        are(("@weekly", True, True, 0)),
        with_a_job(),
        ready=with_a_job(),
    ),
    "stop": Loop(STOP, of_its_job(lambda job: stop_job(ME, job)), are(PAUSED), with_a_job(), ready=with_a_job()),
    "start": Loop(
        START,
        of_its_job(lambda job: start_job(ME, job)),
        are(DAILY),
        with_a_job(paused=True),
        ready=with_a_job(paused=True),
    ),
    "run": Loop(
        TEST, of_its_job(lambda job: run_job(ME, job)), are(("@daily", True, True, 1)), with_a_job(), ready=with_a_job()
    ),
    "delete": Loop(DELETE, of_its_job(lambda job: delete_job(ME, job)), are(), with_a_job(), ready=with_a_job()),
}


@pytest.fixture(autouse=True)
def unwoken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.operations.sending.wake", lambda task, queue: None)


@pytest.mark.parametrize("name", LOOPS)
def test_killed_at_any_point_it_is_complete_afterwards(name: str, machine: Host, site: Site) -> None:
    killed_forward(LOOPS[name], machine, site)


@pytest.mark.parametrize("name", LOOPS)
def test_killed_on_the_way_back_it_leaves_the_jobs_as_they_were(name: str, machine: Host, site: Site) -> None:
    killed_undoing(LOOPS[name], machine, site)
    left = {"create": [], "start": [PAUSED]}.get(name, [DAILY])
    assert jobs(site) == left
    assert CronRun.objects.count() == 0
