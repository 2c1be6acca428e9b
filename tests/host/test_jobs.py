"""A job's processes: its user, its limits, its time, and nothing of it left."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from apps.host import oplock
from apps.host.command import Identity
from apps.host.jobs import Job, Jobs, Outcome
from apps.host.users import Users
from tests.parts.tenants import AS_ROOT, instance, owner

pytestmark = pytest.mark.host
SHELL = ("/bin/sh", "-c")


@pytest.fixture(scope="module")
def users() -> Iterator[Users]:
    with instance() as made:
        yield made


@pytest.fixture
def tenant(users: Users) -> Identity:
    return owner(users, 1)


def job(users: Users, tenant: Identity, *argv: str, seconds: float = 20) -> Job:
    return Job(argv, tenant, users.places.root, seconds, users.places.root / "run.lock")


def run(users: Users, tenant: Identity, text: str, seconds: float = 20) -> Outcome:
    return Jobs().run(job(users, tenant, *SHELL, text, seconds=seconds))


def processes_with(mark: str) -> list[int]:
    found = subprocess.run(["pgrep", "-f", mark], capture_output=True, text=True, check=False).stdout
    return [int(pid) for pid in found.split() if int(pid) != os.getpid()]


def test_what_it_says_and_how_it_ends_are_told(users: Users, tenant: Identity) -> None:
    ended = run(users, tenant, "echo out; echo err >&2; exit 3")
    assert ended == Outcome(3, late=False, output="out\nerr\n")
    assert not (users.places.root / "run.lock").exists()


@AS_ROOT
def test_it_is_the_sites_user_with_its_limits_and_nothing_of_the_panel(users: Users, tenant: Identity) -> None:
    ask = "id -u; id -G; nice; cat /proc/self/limits /proc/self/status; env"
    lines = run(users, tenant, ask).output.splitlines()
    niceness = min(19, os.nice(0) + 10)
    assert lines[:3] == [str(tenant.uid), str(tenant.gid), str(niceness)]
    limits = {line[:26].strip(): line[26:].split()[0] for line in lines if line.startswith("Max ")}
    assert int(limits["Max open files"]) <= 16384
    assert (int(limits["Max processes"]) <= 256, limits["Max core file size"]) == (True, "0")
    assert "NoNewPrivs:\t1" in lines
    names = {line.partition("=")[0] for line in lines[lines.index(lines[-1]) - 6 :] if "=" in line}
    assert names <= {"PATH", "LC_ALL", "PWD", "OLDPWD", "SHLVL", "_"}


def test_at_its_limit_it_ends_with_its_children_and_daemons(users: Users, tenant: Identity) -> None:
    mark = f"77{os.getpid() % 1000}"
    without_lock = "exec 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-"
    daemon = f"setsid sh -c '{without_lock}; trap \"\" TERM HUP; (sleep {mark} &) ; sleep {mark}' &"
    began = time.monotonic()
    ended = run(users, tenant, f"{daemon} sleep {mark}", seconds=0.5)
    assert (ended.late, ended.code) == (True, -signal.SIGKILL)
    assert time.monotonic() - began < 60, "none of them ends by itself before"
    assert processes_with(f"sleep {mark}") == []


def test_what_it_leaves_running_ends_with_it(users: Users, tenant: Identity) -> None:
    mark = f"78{os.getpid() % 1000}"
    ended = run(users, tenant, f"(setsid sleep {mark} >/dev/null 2>&1 &); echo done")
    assert ended == Outcome(0, late=False, output="done\n")
    assert processes_with(f"sleep {mark}") == []


def test_a_flood_is_drained_and_its_first_and_last_are_kept(users: Users, tenant: Identity) -> None:
    ended = run(users, tenant, "echo first; head -c 30000000 /dev/zero | tr '\\0' x; echo; echo last")
    assert ended.output.startswith("first\nxxx")
    assert ended.output.endswith("x\nlast\n")
    assert "bytes are left out here" in ended.output
    assert len(ended.output) < 17_000


def test_what_cannot_be_shown_is_replaced(users: Users, tenant: Identity) -> None:
    assert "\x1b" not in run(users, tenant, "printf '\\033[31mred\\000\\377'").output


def test_one_that_cannot_be_started_says_so(users: Users, tenant: Identity) -> None:
    ended = Jobs().run(job(users, tenant, "/nowhere/report"))
    assert ended.code == 127
    assert "/nowhere/report" in ended.output


def test_a_dead_runners_run_is_found_by_its_lock_and_ended(users: Users, tenant: Identity) -> None:
    mark = f"79{os.getpid() % 1000}"
    runner = os.fork()
    if runner == 0:
        with suppress(BaseException):
            run(users, tenant, f"sleep {mark}")
        os._exit(1)
    until = time.monotonic() + 10
    while not processes_with(f"sleep {mark}") and time.monotonic() < until:
        time.sleep(0.02)
    assert processes_with(f"sleep {mark}")
    os.kill(runner, signal.SIGKILL)
    os.waitpid(runner, 0)
    Jobs().end(users.places.root / "run.lock")
    while processes_with(f"sleep {mark}") and time.monotonic() < until:
        time.sleep(0.02)
    assert processes_with(f"sleep {mark}") == []
    Path(users.places.root / "run.lock").unlink()


def test_a_running_one_is_ended_and_its_runner_told(users: Users, tenant: Identity) -> None:
    lock = users.places.root / "run.lock"
    taken = oplock.acquire(lock)
    assert taken is not None
    with subprocess.Popen(["sleep", "60"], pass_fds=(taken,)) as sleeper:
        assert Jobs().end(lock) == 1
        assert sleeper.wait() == -signal.SIGKILL
    oplock.release(lock, taken, remove=True)
