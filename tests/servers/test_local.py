from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from apps.host.command import Identity
from apps.host.errors import Refused, Unavailable
from apps.host.host import Host
from apps.host.memory import descendants
from apps.host.services import Process, Services
from apps.host.supervisor import Worker
from apps.servers.local import checks, demo, prepare, programs, ready, sites, workplace
from apps.servers.local.checks import Check
from apps.servers.local.status import is_up
from apps.servers.tasks import READY
from tests.operations.killing import in_a_child


class FakeServices:
    """supervisord as far as a waiting caller sees it: *states* one after another, the last one for good."""

    def __init__(self, folder: Path, *states: str) -> None:
        self.folder = folder
        self.states = list(states)

    def process(self, name: str) -> Process:
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return Process(name, state, 1, 0, "spawn error")

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"


def services(folder: Path, *states: str) -> Services:
    return cast(Services, FakeServices(folder, *states))


def never() -> None:
    raise Unavailable("not yet")


def test_a_server_that_dies_is_told_at_once_with_its_last_lines(tmp_path: Path) -> None:
    found = services(tmp_path, "STARTING", "BACKOFF", "FATAL")
    found.log("web").write_text("old\n" * 50 + "Address in use\nGiving up\n")
    with pytest.raises(Refused, match=r"panel's web ended(?s:.*)Address in use\n  Giving up"):
        ready.wait(found, "web", never, patience=20)


def test_a_server_that_is_never_at_work_is_told_when_patience_ends(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"web is not at work after 0\.1 seconds(?s:.*)spawn error"):
        ready.wait(services(tmp_path, "RUNNING"), "web", never, patience=0.1)


def test_a_runner_is_ready_when_it_says_so_after_this_start(tmp_path: Path) -> None:
    found = services(tmp_path, "STOPPED")
    log = found.log("runner")
    log.write_text(f"runner@local {READY}\n")
    answers = ready._said(found, "runner", READY)
    with pytest.raises(Unavailable):
        answers()
    with log.open("a") as more:
        more.write(f"runner@local {READY}\n")
    answers()


def test_a_runner_that_runs_already_need_not_say_so_again(tmp_path: Path) -> None:
    ready._said(services(tmp_path, "RUNNING"), "runner", READY)()


@dataclass
class FakeMachine:
    """A host whose supervisor refuses some sites."""

    refuses: tuple[str, ...] = ()
    done: list[str] = field(default_factory=list)
    at_once: int = 0
    _now: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def host(self) -> Host:
        files = SimpleNamespace(make_runtime=lambda site_id, owner: self.done.append(f"runtime {site_id}"))
        return cast(Host, SimpleNamespace(files=files, supervisor=SimpleNamespace(start=self.act, stop=self.act)))

    def act(self, worker: Worker) -> None:
        with self._lock:
            self._now += 1
            self.at_once = max(self.at_once, self._now)
        threading.Event().wait(0.02)
        with self._lock:
            self._now -= 1
        if worker.slug in self.refuses:
            raise Refused("its port is taken by pid 1 (/usr/bin/nc)")
        self.done.append(worker.slug)


def workers(count: int) -> list[Worker]:
    none = Path("/nonexistent")
    return [
        Worker(n, f"site-{n}", 8081 + n, Identity("x", 1, 1), none, none, none, none, none, none, 15)
        for n in range(count)
    ]


def test_a_site_that_does_not_start_keeps_no_other_from_it_and_is_told() -> None:
    machine = FakeMachine(refuses=("site-1",))
    assert sites.start(machine.host(), workers(3)) == ["site-1: its port is taken by pid 1 (/usr/bin/nc)"]
    assert {"site-0", "site-2", "runtime 0"} <= set(machine.done)


def test_sites_are_stopped_several_at_once_but_not_all_of_a_thousand() -> None:
    machine = FakeMachine()
    assert sites.stop(machine.host(), workers(20)) == []
    assert len(machine.done) == 20
    assert 1 < machine.at_once <= sites.AT_ONCE


def test_only_the_runners_are_roots(settings: Any) -> None:
    panel = Identity("fp0000-panel", 900, 900)
    found = programs.services(Path("/x/frankenphp"), panel, separate=True)
    assert [one.name for one in found] == ["mariadb", "front", "web", "runner", "runner-long", "runner-cron", "beat"]
    assert {one.name for one in found if not one.user} == {"runner", "runner-long", "runner-cron"}
    assert {one.name for one in found if one.bare} == {"mariadb", "front"}
    assert {one.user for one in programs.services(Path("/x"), panel, separate=False)} == {""}


def test_only_the_runners_may_build_drivers(settings: Any) -> None:
    found = programs.services(Path("/x"), Identity("x", 1, 1), separate=True)
    roles = {one.name: one.env.get("FRANKENPANEL_ROLE") for one in found if not one.bare}
    assert roles == {"web": "web", "runner": "runner", "runner-long": "runner", "runner-cron": "runner", "beat": "beat"}


def test_the_panels_programs_inherit_settings_and_proxies_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FRANKENPANEL_HOST", "FRANKENPANEL_ROLE", "https_proxy", "AWS_SECRET", "DATABASE_URL"):
        monkeypatch.setenv(name, "x")
    found = prepare.environment()
    assert {"FRANKENPANEL_HOST", "https_proxy", "DATABASE_URL"} <= set(found)
    assert not {"FRANKENPANEL_ROLE", "AWS_SECRET"} & set(found)


def test_nothing_at_all_is_not_up() -> None:
    assert not is_up([])
    assert is_up([{"state": "RUNNING"}])
    assert not is_up([{"state": "RUNNING"}, {"state": "STOPPED"}])


@pytest.mark.django_db
def test_the_first_administrator_is_made_once_and_can_sign_in(client: Any) -> None:
    from django.contrib.auth.models import User

    password = demo.administrator()
    assert User.objects.get(username="admin").check_password(password)
    assert User.objects.get(username="admin").is_superuser
    assert demo.administrator() == ""


@pytest.fixture
def said() -> Iterator[list[str]]:
    yield []


def test_a_check_that_fails_shows_what_it_printed_and_one_that_passes_only_its_time(
    tmp_path: Path, said: list[str]
) -> None:
    talks = "import sys; print('three words here'); sys.exit(int(sys.argv[1]))"
    assert checks.run(Check("good", [sys.executable, "-c", talks, "0"]), tmp_path, said.append)
    assert not checks.run(Check("bad", [sys.executable, "-c", talks, "3"]), tmp_path, said.append)
    assert [line.split()[0] for line in said] == ["ok", "FAILED"]
    assert said[1].endswith("  bad\n    three words here")
    assert all(" s  " in line for line in said)


def test_what_a_loud_check_prints_is_shown_as_it_comes(tmp_path: Path, said: list[str]) -> None:
    assert checks.run(Check("tests", [sys.executable, "-c", "print('2 passed')"], loud=True), tmp_path, said.append)
    assert said == ["\ntests:", "2 passed"]


def test_all_checks_run_whatever_fails_and_the_tests_come_last(
    tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fails = Check("ruff", [sys.executable, "-c", "raise SystemExit(1)"])
    passes = Check("mypy", [sys.executable, "-c", ""])
    monkeypatch.setattr(checks, "_static", lambda cache: [fails, passes])
    monkeypatch.setattr(checks, "_other_pythons", lambda *_: [])
    tests = Check("tests", [sys.executable, "-c", "print('9 passed')"])
    monkeypatch.setattr(checks, "_tests", lambda arguments: [tests])
    monkeypatch.setattr(workplace, "get_frankenphp", lambda *_: None)
    assert checks.run_all(tmp_path, tmp_path, [], said.append) == 1
    assert sorted(line.split()[0] for line in said[:2]) == ["FAILED", "ok"]
    assert [line.split()[-1] for line in said[2:]] == ["tests", "ruff."]
    monkeypatch.setattr(checks, "_static", lambda cache: [passes])
    assert checks.run_all(tmp_path, tmp_path, [], said.append) == 0


def test_checks_that_are_broken_off_end_at_once(tmp_path: Path) -> None:
    asleep = Check("asleep", [sys.executable, "-c", "import time; time.sleep(600)"])

    def broken_off() -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background has none
        threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt):
            checks._side_by_side([asleep] * 5, tmp_path, lambda line: None)
        assert descendants(os.getpid()) == []

    assert in_a_child(broken_off) == 0
