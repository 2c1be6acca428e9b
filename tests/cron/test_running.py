"""Runs, carried out for real: a site's page, its scripts and its programs, as its own user."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest
from django.utils.timezone import now

from apps.cron.models import Cron, CronRun
from apps.cron.running import DIED, KEPT, STOPPED, bury, run_all
from apps.host.host import Host
from apps.lifecycle.cron import create_job, delete_job, run_job, start_job, stop_job, update_job
from apps.operations.asking import Ask
from apps.operations.models import Operation
from apps.sites.models import Site
from tests.lifecycle.driving import ask, drive
from tests.operations.killing import in_a_child
from tests.operations.test_crash import take_back

pytestmark = [pytest.mark.host, pytest.mark.django_db(transaction=True)]
ME = Ask(user=None, door="test")
SCRIPT = '<?php echo get_current_user(), " ", posix_getuid(), " ", ini_get("memory_limit"), " ", implode(",", $argv);'


@pytest.fixture(autouse=True)
def unsent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.cron.steps.PATIENCE", 0.0)
    monkeypatch.setattr("apps.operations.sending.send", lambda pk, queue, after=0.0: None)
    monkeypatch.setattr("apps.operations.sending.wake", lambda task, queue: None)


@pytest.fixture
def site(machine: Host) -> Iterator[Site]:
    operation = drive(ask(name="Clock", database=False), machine)
    assert operation.status == "done", operation.error
    yield Site.objects.get(pk=operation.subject_id)
    take_back(operation.pk, machine)


def put(host: Host, site: Site, relative: str, text: str, mode: int = 0o640) -> None:
    host.files.write_as(host.users.identity(host.places.site_user(site.pk)), site.slug, relative, text, mode)


def made(host: Host, site: Site, command: str, **more: int) -> Cron:
    operation = drive(create_job(ME, Site.objects.get(pk=site.pk), "@daily", command, **more), host)
    assert operation.status == "done", operation.error
    return Cron.objects.get(pk=operation.params["cron_id"])


def ran(host: Host, job: Cron) -> CronRun:
    CronRun.objects.create(cron=job, planned_at=now())
    assert run_all(host) == 1
    job.refresh_from_db()
    assert job.last is not None
    return job.last


def test_a_page_a_script_and_a_program_run_as_the_sites_user(machine: Host, site: Site) -> None:
    put(machine, site, "public/tick.php", "<?php echo 'ticked ', posix_getuid();")
    put(machine, site, "private/report.php", SCRIPT)
    put(machine, site, "private/report", "#!/bin/sh\nid -u; pwd; echo \"$@\"; exit 4\n", 0o750)
    uid = machine.users.identity(machine.places.site_user(site.pk)).uid
    page = ran(machine, made(machine, site, "GET /tick.php"))
    assert (page.status, page.exit_code, page.output) == ("done", 200, f"ticked {uid}")
    script = ran(machine, made(machine, site, "php private/report.php --all 'two words'"))
    assert (script.status, script.exit_code) == ("done", 0), script.error
    file = machine.places.site(site.slug) / "private" / "report.php"
    assert script.output.split(" ", 1)[1] == f"{uid} 256M {file},--all,two words"
    program = ran(machine, made(machine, site, "private/report a b"))
    assert (program.status, program.exit_code) == ("failed", 4)
    assert program.output.splitlines() == [str(uid), str(machine.places.public(site.slug)), "a b"]
    assert program.error == "It ended with code 4."


def test_what_goes_wrong_is_told_in_a_sentence(machine: Host, site: Site) -> None:
    put(machine, site, "private/slow", "#!/bin/sh\nsleep 60\n", 0o750)
    put(machine, site, "private/plain", "no program\n")
    put(machine, site, "public/broken.php", "<?php http_response_code(500); echo 'oh';")
    slow = ran(machine, made(machine, site, "private/slow", limit=1))
    assert slow.error == "It was ended after 1 seconds, which is its limit."
    assert "could not be started" in ran(machine, made(machine, site, "private/plain")).error
    broken = ran(machine, made(machine, site, "GET /broken.php"))
    assert (broken.status, broken.exit_code, broken.error) == ("failed", 500, "The page answered 500.")


def test_a_file_that_is_not_there_is_refused_before_the_job_is_made(machine: Host, site: Site) -> None:
    operation = drive(create_job(ME, site, "@daily", "php private/none.php"), machine)
    assert (operation.status, operation.error) == (
        "undone",
        f"{site.slug} has no file private/none.php; put it there first.",
    )
    assert not Cron.objects.exists()


def test_a_site_that_was_stopped_meanwhile_does_not_run_what_was_waiting(machine: Host, site: Site) -> None:
    job = made(machine, site, "GET /")
    CronRun.objects.create(cron=job, planned_at=now())
    Site.objects.filter(pk=site.pk).update(status="inactive")
    run_all(machine)
    Site.objects.filter(pk=site.pk).update(status="active")
    run = CronRun.objects.get()
    assert (run.status, run.error) == ("missed", STOPPED)


def test_a_run_whose_runner_was_killed_is_marked_as_failed_and_nothing_of_it_is_left(
    machine: Host, site: Site
) -> None:
    put(machine, site, "private/slow", "#!/bin/sh\necho $$ > $HOME/pid\nsleep 60\n", 0o750)
    job = made(machine, site, "private/slow")
    run = CronRun.objects.create(cron=job, planned_at=now())
    pid_file = machine.places.site(site.slug) / "private" / "pid"

    def carry_out_and_die() -> None:
        if os.fork() == 0:
            while not pid_file.exists() or not pid_file.read_text().strip():
                time.sleep(0.02)
            os.kill(os.getppid(), signal.SIGKILL)
            os._exit(0)
        run_all(machine)

    assert in_a_child(carry_out_and_die) == signal.SIGKILL
    bury(site.server, machine)
    run.refresh_from_db()
    assert (run.status, run.error) == ("failed", DIED)
    until = time.monotonic() + 5
    while os.path.exists(f"/proc/{int(pid_file.read_text())}") and time.monotonic() < until:  # noqa: PTH110
        time.sleep(0.02)
    assert not os.path.exists(f"/proc/{int(pid_file.read_text())}")  # noqa: PTH110
    assert run_all(machine) == 0


def test_what_is_asked_of_a_job_is_done(machine: Host, site: Site) -> None:
    job = made(machine, site, "GET /")
    drive(stop_job(ME, job), machine)
    paused = Cron.objects.get()
    assert (paused.active, paused.due_at) == (False, None)
    drive(start_job(ME, paused), machine)
    resumed = Cron.objects.get()
    assert (resumed.active, resumed.due_at is not None) == (True, True)
    drive(update_job(ME, resumed, schedule="@hourly", limit=7), machine)
    job = Cron.objects.get()
    assert (job.schedule, job.limit, job.due_at is not None and job.due_at.minute) == ("@hourly", 7, 0)
    assert drive(run_job(ME, job), machine).status == "done"
    assert run_all(machine) == 1
    drive(delete_job(ME, job), machine)
    assert not Cron.objects.exists()
    assert not CronRun.objects.exists()


def test_whoever_asks_for_a_run_is_told_how_it_ended(
    machine: Host, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(machine, site, "private/report", "#!/bin/sh\nexit 4\n", 0o750)
    job = made(machine, site, "private/report")
    monkeypatch.setattr("apps.cron.steps.PATIENCE", 20.0)
    monkeypatch.setattr("apps.cron.steps.wake", lambda server, waiting: run_all(machine))
    operation = drive(run_job(ME, job), machine)
    assert (operation.status, operation.error) == (
        "undone",
        f"{job.name}: It ended with code 4. ./panel cron watch tells what it said.",
    )
    assert CronRun.objects.get().status == "failed"


def test_only_the_last_runs_are_kept(machine: Host, site: Site) -> None:
    job = made(machine, site, "GET /")
    for _ in range(KEPT + 3):
        CronRun.objects.create(cron=job, planned_at=now(), status="done")
    last = ran(machine, job)
    assert (CronRun.objects.count(), CronRun.objects.first()) == (KEPT, last)


def test_a_site_takes_its_jobs_with_it_when_its_creation_is_taken_back(machine: Host) -> None:
    operation = drive(ask(name="Gone", database=False), machine)
    made(machine, Site.objects.get(pk=operation.subject_id), "GET /")
    take_back(operation.pk, machine)
    assert Operation.objects.get(pk=operation.pk).status == "undone"
    assert not Cron.objects.exists()
