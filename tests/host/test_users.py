"""The Unix accounts of sites, in the real list of users. The names are an instance's own, so that none is met."""

from __future__ import annotations

import grp
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from apps.host import users as driver
from apps.host.account_locks import clear_stale, holders
from apps.host.account_numbers import next_number
from apps.host.command import Identity
from apps.host.errors import CommandFailed, Refused, Unavailable
from apps.host.processes import end_all, living_of
from apps.host.users import Users
from tests.parts.crashes import killed_at, points
from tests.parts.ground import open_folder
from tests.parts.tenants import AS_ROOT, instance, places_in

LISTS = ("passwd", "shadow", "group", "gshadow")


@pytest.fixture
def users() -> Iterator[Users]:
    with instance() as users:
        yield users


@pytest.fixture
def name(users: Users) -> str:
    return users.places.site_user(7)


def traces(name: str) -> list[str]:
    """Every line about *name* in the system's lists."""
    lines = [line for one in LISTS for line in Path("/etc", one).read_text().splitlines()]
    return [line for line in lines if name in line]


def soon(fact: Callable[[], bool], patience: float = 30) -> bool:
    """Whether it is one within *patience* seconds. It may be none again a moment later."""
    until = time.monotonic() + patience
    while not (found := fact()) and time.monotonic() < until:
        time.sleep(0.005)
    return found


def program(owner: Identity, script: str) -> subprocess.Popen[bytes]:
    """A Python program of the site's user, out of the test's session."""
    argv = ["/usr/bin/python3", "-I", "-S", "-c", script]
    groups: list[int] = []
    return subprocess.Popen(
        argv, user=owner.uid, group=owner.gid, extra_groups=groups, cwd="/", start_new_session=True
    )


@AS_ROOT
def test_a_sites_user_has_no_shell_no_home_no_password_and_a_group_of_its_own(users: Users, name: str) -> None:
    assert not users.exists(name)
    identity = users.create(name)
    account = pwd.getpwnam(name)
    assert identity == users.identity(name) == Identity(name, account.pw_uid, account.pw_gid)
    assert (account.pw_shell, account.pw_dir) == ("/usr/sbin/nologin", "/nonexistent")
    assert any(line.startswith(f"{name}:!:") for line in traces(name))
    assert grp.getgrgid(account.pw_gid).gr_name == name
    assert [group for group in grp.getgrall() if name in group.gr_mem] == []
    assert users.exists(name)


@AS_ROOT
def test_creating_and_removing_may_be_done_twice(users: Users, name: str) -> None:
    assert users.create(name) == users.create(name)
    users.remove(name)
    users.remove(name)
    assert traces(name) == []
    assert not users.exists(name)


@AS_ROOT
def test_a_group_that_lost_its_user_does_not_stop_a_creation(users: Users, name: str) -> None:
    subprocess.run(["groupadd", "--system", name], check=True)
    assert users.exists(name)
    identity = users.create(name)
    assert grp.getgrnam(name).gr_gid == identity.gid


@AS_ROOT
def test_a_group_that_lost_its_user_is_removed(users: Users, name: str) -> None:
    subprocess.run(["groupadd", "--system", name], check=True)
    users.remove(name)
    assert traces(name) == []


@AS_ROOT
@pytest.mark.parametrize("point", points("users."))
def test_a_crash_is_made_good_by_either_way(users: Users, name: str, point: str) -> None:
    killed_at(point, lambda: users.create(name))
    users.create(name)
    killed_at(point, lambda: users.remove(name))
    users.create(name)
    killed_at(point, lambda: users.remove(name))
    users.remove(name)
    assert traces(name) == []


@AS_ROOT
@pytest.mark.parametrize("delay", range(0, 24, 2))
def test_useradd_and_userdel_killed_at_any_moment_are_made_good(users: Users, name: str, delay: int) -> None:
    for act in (users.create, users.remove):
        child = os.fork()
        if not child:
            try:
                act(name)
            finally:
                os._exit(0)
        time.sleep(delay / 1000)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        assert users.create(name) == users.identity(name)
        assert {line.split(":")[0] for line in traces(name)} == {name}
        assert len(traces(name)) >= 3  # gshadow's line may be lost, which takes nothing from the group
    users.remove(name)
    assert traces(name) == []
    assert soon(lambda: not [lock for lock in Path("/etc").glob("*.lock") if lock.stem in LISTS])


@AS_ROOT
def test_panels_take_turns_with_the_list_of_users(users: Users) -> None:
    others = [Users(users.places, separate=True) for _ in range(8)]
    names = [users.places.site_user(number) for number in range(1, 9)]
    with ThreadPoolExecutor(8) as pool:
        identities = list(pool.map(lambda one, name: one.create(name), others, names))
        assert len({identity.uid for identity in identities}) == 8
        list(pool.map(lambda one, name: one.remove(name), others, names))
    assert not any(map(users.exists, names))


def test_a_panel_that_keeps_the_list_to_itself_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "acquire", lambda path, patience: None)
    with open_folder() as folder:
        users = Users(places_in(folder), separate=True)
        with pytest.raises(Unavailable, match="Another panel"):
            users.create(users.places.site_user(7))


def test_a_list_that_another_program_has_locked_may_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing(argv: tuple[str, ...]) -> bytes:
        raise CommandFailed(argv[0], 1, "useradd: cannot lock /etc/passwd; try again later.\n")

    monkeypatch.setattr(driver, "run", refusing)
    monkeypatch.setattr(driver, "BUSY", 0.1)
    monkeypatch.setattr(driver, "holders", lambda: "/etc/passwd.lock (pid 12, vipw)")
    with open_folder() as folder:
        users = Users(places_in(folder), separate=True)
        with pytest.raises(Unavailable, match=r"locked by another program: /etc/passwd\.lock \(pid 12, vipw\)"):
            users.create(users.places.site_user(7))


@AS_ROOT
def test_a_number_that_another_program_takes_meanwhile_is_let_go(
    users: Users, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A package that is installed just then takes no lock of ours."""
    number = next_number(tmp_path / "last")
    early = [number]
    monkeypatch.setattr(driver, "next_number", lambda last: early.pop() if early else next_number(last))
    stranger = f"fpt-{os.getpid()}"
    subprocess.run(["useradd", "--system", "--no-create-home", "--uid", str(number), "--", stranger], check=True)
    try:
        assert users.create(name).uid != number
        monkeypatch.setattr(driver, "next_number", lambda last: number)
        with pytest.raises(Unavailable, match="Other programs take each user number"):
            users.create(users.places.site_user(8))
    finally:
        subprocess.run(["userdel", "--", stranger], check=True)


def test_a_lock_whose_owner_is_certainly_gone_is_removed(tmp_path: Path) -> None:
    dead = subprocess.Popen(["true"])
    os.waitid(os.P_PID, dead.pid, os.WEXITED | os.WNOWAIT)
    locks = {name: tmp_path / name for name in ("reused", "dead", "old", "held", "fresh", "missing")}
    locks["dead"].write_text(str(dead.pid))
    for name in ("reused", "held"):
        locks[name].write_text(f"{os.getpid()}\0")
    for name in ("old", "fresh"):
        locks[name].touch()
    os.utime(locks["reused"], (time.time(), _begun() - 60))
    os.utime(locks["old"], (0, 0))
    begun = tmp_path / f"held.{dead.pid}", tmp_path / f"held.{os.getpid()}", tmp_path / "held.1"
    for path in begun:
        path.write_text(path.suffix[1:])
    begun[2].write_text("another's")
    begun[0].write_text("")
    clear_stale(tuple(locks.values()))
    dead.wait()
    assert [path.exists() for path in begun] == [False, True, True]
    assert [name for name, lock in locks.items() if lock.exists()] == ["held", "fresh"]
    said = holders(tuple(locks.values()))
    assert f"{locks['held']} (pid {os.getpid()}, " in said
    assert f"{locks['fresh']} (of nobody)" in said


def _begun() -> float:
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    boot = time.time() - float(Path("/proc/uptime").read_text().split()[0])
    return boot + int(fields[19]) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize(
    "stranger",
    ["root", "mysql", "fps-7", "fps-0000-7", "fps-zzzz-7", "{own}-0", "{own}-7\n", "{own}-7x", "{own}-", "--help", ""],
)
def test_whoever_is_no_site_of_this_panel_is_refused(stranger: str) -> None:
    with open_folder() as folder:
        users = Users(places_in(folder, "a0b1"), separate=True)
        name = stranger.format(own="fps-a0b1")
        for act in (users.create, users.remove):
            with pytest.raises(Refused, match="is not the user of a site of this panel"):
                act(name)


def test_a_panel_without_an_instance_does_not_take_anothers_users_for_its_own() -> None:
    with open_folder() as folder:
        users = Users(places_in(folder, ""), separate=True)
        users.places.cache.mkdir()
        for name in ("fps-1234-7", "fps-a0b1-7"):
            with pytest.raises(Refused):
                users.remove(name)


@AS_ROOT
def test_a_user_that_the_panel_did_not_make_is_neither_taken_over_nor_removed(users: Users, name: str) -> None:
    subprocess.run(["useradd", "--system", "--no-create-home", name], check=True)
    try:
        before = traces(name)
        for act in (users.create, users.remove):
            with pytest.raises(Refused, match="was not made by the panel"):
                act(name)
        assert traces(name) == before
    finally:
        subprocess.run(["userdel", name], check=True)


@AS_ROOT
def test_a_user_that_is_not_there_is_said_so(users: Users, name: str) -> None:
    with pytest.raises(Refused, match=f"The user {name} is not there"):
        users.identity(name)


@AS_ROOT
def test_removing_a_user_ends_all_its_processes_and_no_other(users: Users, name: str) -> None:
    owner = users.create(name)
    neighbour = users.create(users.places.site_user(8))
    daemon = "import os, time\nos.fork() and os._exit(0)\nos.setsid()\nos.fork() and os._exit(0)\ntime.sleep(100)"
    started = [program(owner, daemon), program(owner, "import time; time.sleep(100)")]
    other = program(neighbour, "import time; time.sleep(100)")
    try:
        started[0].wait()
        assert soon(lambda: len(living_of(owner.uid)) == 2)
        users.remove(name)
        assert living_of(owner.uid) == []
        assert other.poll() is None
    finally:
        for one in (*started, other):
            one.kill()
            one.wait()


@AS_ROOT
def test_a_program_that_always_forks_and_leaves_cannot_outrun_its_end(users: Users, name: str) -> None:
    owner = users.create(name)
    beat = users.places.root / "beat"
    beat.touch()
    beat.chmod(0o666)
    turn = f" if os.fork(): os._exit(0)\n os.setsid(); time.sleep(.002); open({str(beat)!r}, 'w').write(str(n))"
    comet = program(owner, f"import os, time\nfor n in range(2000):\n{turn}")
    comet.wait()
    assert soon(lambda: beat.read_text() != "")
    users.remove(name)
    last = beat.read_text()
    time.sleep(0.1)
    assert beat.read_text() == last


@pytest.mark.parametrize("uid", {0, os.geteuid()})
def test_the_panels_own_processes_are_never_ended_like_a_sites(uid: int) -> None:
    with pytest.raises(Refused, match="never ended"):
        end_all(Identity("somebody", uid, uid))


@AS_ROOT
def test_the_number_of_a_removed_user_is_not_the_next_ones(users: Users, name: str) -> None:
    numbers = []
    for _ in range(3):
        numbers.append(users.create(name).uid)
        users.remove(name)
    assert len(set(numbers)) == 3


def test_numbers_go_round_and_then_on(tmp_path: Path) -> None:
    last = tmp_path / "last"
    free = range(2_000_000_000, 2_000_000_003)
    given = [next_number(last, free, range(0)) for _ in range(4)]
    assert given == [*free, free[0]]
    last.write_text("not a number")
    assert next_number(last, free, range(0)) == free[0]
    assert next_number(last, range(1), free) == free[0]
    with pytest.raises(Refused, match="No user number is free"):
        next_number(last, range(1), range(0))


def test_where_the_panel_is_not_root_every_site_is_the_caller() -> None:
    with open_folder() as folder:
        users = Users(places_in(folder), separate=False)
        name = users.places.site_user(7)
        caller = Identity(pwd.getpwuid(os.geteuid()).pw_name, os.geteuid(), os.getegid())
        assert users.create(name) == users.identity(name) == caller
        assert not users.exists(name)
        users.remove(name)
        assert traces(name) == []
