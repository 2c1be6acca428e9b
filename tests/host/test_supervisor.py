"""The real FrankenPHP as a site's process: started, killed anywhere, stopped, and never mistaken for another."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from apps.host.crash import CrashPoint
from apps.host.errors import Refused, Unavailable
from apps.host.printable import UNSEEN
from apps.host.processes import living_of
from apps.host.supervisor import find, lock, logs, pidfile, ready, record
from apps.host.supervisor.processes import arguments, boot_id, environment, process, uids
from tests.parts.crashes import killed_at, points
from tests.parts.worker import ROOT, SUPERVISOR, Place, wait_for, worker_place

pytestmark = pytest.mark.host
NO_SITE_USERS = pytest.mark.skipif(not ROOT, reason="only root can run each site as a user of its own")
ELSEWHERE = {"supervisor.emptied", "supervisor.shut", "supervisor.log-copied"}
REFUSED, CLOSED = 0, -1
SLOW = "<?php touch('../tmp/began'); usleep(1500000); echo 'done';"
STARTING = [name for name in points("supervisor.") if name not in ELSEWHERE]


@pytest.fixture
def place() -> Iterator[Place]:
    with worker_place() as found:
        yield found


# Started


def test_a_started_worker_answers_through_php_and_is_recorded(place: Place) -> None:
    server = place.start()
    said = record.read(place.worker.pid_file)
    assert said is not None
    assert (said.pid, said.started, said.boot) == (server.pid, server.started, boot_id())
    assert place.worker.pid_file.read_text().splitlines()[0] == str(server.pid)
    assert place.get("/.frankenpanel/php") == (200, f"7 {said.token}")
    assert place.get("/") == (200, f"hello from {server.pid}")


def test_a_worker_is_nobody_s_child_in_a_session_of_its_own(place: Place) -> None:
    server = place.start()
    assert server.parent != os.getpid()
    assert server.session == server.pid


def test_a_worker_has_no_environment_but_its_token(place: Place) -> None:
    os.environ["CANARY"] = "secret"
    place.put("env.php", "<?php echo json_encode([getenv(), array_keys($_SERVER)]);")
    server = place.start()
    assert Path(f"/proc/{server.pid}/environ").read_text().count("=") == 1
    assert environment(server.pid, "SITE_INSTANCE")
    assert "CANARY" not in place.get("/env.php")[1]


def test_a_worker_inherits_its_lock_and_its_log_and_no_other_file(place: Place, tmp_path: Path) -> None:
    ours = os.open(tmp_path / "operation.lock", os.O_RDWR | os.O_CREAT)
    os.set_inheritable(ours, True)
    try:
        server = place.start()
    finally:
        os.close(ours)
    files = [_target(link) for link in Path(f"/proc/{server.pid}/fd").iterdir()]
    assert not any(str(tmp_path) in file for file in files)
    assert files.count(str(place.worker.log)) == 2
    assert files.count(str(place.worker.lock_file)) == 1


@NO_SITE_USERS
def test_a_worker_runs_as_its_site_s_user_with_no_privilege(place: Place) -> None:
    server = place.start()
    status = dict(line.split(":\t", 1) for line in Path(f"/proc/{server.pid}/status").read_text().splitlines())
    assert uids(server.pid) == {place.worker.identity.uid}
    assert status["Groups"].split() == []
    assert {status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert (status["NoNewPrivs"], status["Umask"]) == ("1", "0077")


def test_a_worker_s_limits_are_set(place: Place) -> None:
    rows = Path(f"/proc/{place.start().pid}/limits").read_text().splitlines()
    limits = {row[:26].strip(): row[26:].split()[:2] for row in rows}
    assert limits["Max core file size"] == ["0", "0"]
    assert int(limits["Max open files"][1]) <= 16384
    if ROOT:
        assert limits["Max processes"] == ["256", "256"]


def test_a_second_start_leaves_the_first_one_alone(place: Place) -> None:
    first = place.start()
    assert place.start() == first


def test_a_start_brings_a_running_worker_up_to_date_without_ending_it(place: Place) -> None:
    first = place.start()
    place.configure(php_ini={"memory_limit": "99M"})
    place.put("limit.php", "<?php echo ini_get('memory_limit');")
    assert place.start() == first
    assert place.get("/limit.php") == (200, "99M")


def test_eight_starts_at_once_make_one_worker(place: Place) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len({*pool.map(lambda _: place.start(), range(8))}) == 1
    assert len(_servers(place)) == 1


def test_a_log_that_takes_nothing_holds_no_start_up(place: Place, monkeypatch: Any) -> None:
    monkeypatch.setattr(ready, "PATIENCE", 1e6)  # who waited for a word of it would wait for ever
    SUPERVISOR.start(replace(place.worker, log=Path("/dev/full")))
    assert place.get("/")[0] == 200


def test_a_start_waits_for_a_stop_and_gives_up_after_a_while(place: Place, monkeypatch: Any) -> None:
    monkeypatch.setattr(lock, "TURN_TAKES", 0.1)
    with lock.turn(place.worker.lock_file), pytest.raises(Unavailable, match="Another start or stop holds"):
        place.start()
    place.start()
    assert not place.worker.lock_file.with_suffix(".turn").exists()


# Broken off


@pytest.mark.parametrize("point", STARTING)
def test_a_start_killed_anywhere_is_repeated_without_a_second_worker(place: Place, point: str) -> None:
    assert killed_at(point, lambda: SUPERVISOR.start(place.worker))
    server = place.start()
    assert _servers(place) == [server.pid]
    assert place.get("/") == (200, f"hello from {server.pid}")


@pytest.mark.parametrize("point", STARTING)
def test_a_start_killed_anywhere_is_taken_back_by_a_stop(place: Place, point: str) -> None:
    assert killed_at(point, lambda: SUPERVISOR.start(place.worker))
    place.stop()
    place.assert_nothing_runs()
    assert {path.name for path in place.worker.pid_file.parent.iterdir()} <= {"site-7", "worker_7.lock"}


@pytest.mark.parametrize("point", ["supervisor.ended", "supervisor.swept"])
def test_a_stop_killed_anywhere_is_repeated(place: Place, point: str) -> None:
    place.start()
    assert killed_at(point, lambda: SUPERVISOR.stop(place.worker))
    place.stop()
    place.assert_nothing_runs()


def test_a_start_is_repeated_at_any_instant(place: Place) -> None:
    """Not only between two acts: a runner that dies while the kernel is still making the process."""
    for delay in range(0, 60, 6):
        child = os.fork()
        if not child:
            SUPERVISOR.start(place.worker)
            os._exit(0)
        time.sleep(delay / 1000)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        place.stop() if delay % 12 else place.start()
        assert len(_servers(place)) == (0 if delay % 12 else 1)


def test_every_crash_point_is_passed() -> None:
    assert set(STARTING) == {f"supervisor.{name}" for name in (
        "locked", "launched", "found", "pid-file-half-written", "recorded", "reload-signalled", "answered", "ended",
        "swept")}  # fmt: skip
    assert set(CrashPoint.names) >= ELSEWHERE


# Stopped


def test_an_idle_worker_stops_at_once_and_leaves_nothing(place: Place) -> None:
    place.start()
    began = time.monotonic()
    place.stop()
    assert time.monotonic() - began < place.worker.grace
    place.assert_nothing_runs()


def test_stopping_what_does_not_run_is_no_error(place: Place) -> None:
    place.stop()
    place.start()
    place.stop()
    place.stop()
    assert not place.worker.pid_file.exists()


def test_a_running_request_is_answered_before_the_worker_ends(place: Place) -> None:
    place.put("slow.php", SLOW)
    place.start()
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(place.get, "/slow.php")
        wait_for(_began(place).exists)
        place.stop()
        assert answer.result() == (200, "done")


def test_a_worker_that_does_not_end_in_time_is_killed(place: Place) -> None:
    place.put("endless.php", "<?php touch('../tmp/began'); sleep(60);")
    place.start()
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(place.get, "/endless.php")
        wait_for(_began(place).exists)
        began = time.monotonic()
        SUPERVISOR.stop(replace(place.worker, grace=0.5))
        assert 0.5 < time.monotonic() - began < place.worker.grace, "its request would take a minute"
        with pytest.raises((IndexError, OSError)):
            answer.result()


def test_a_stopped_process_is_killed_too(place: Place) -> None:
    os.kill(place.start().pid, signal.SIGSTOP)
    SUPERVISOR.stop(replace(place.worker, grace=0.2))
    place.assert_nothing_runs()


ESCAPES = {
    "child": "exec sleep 1000",
    "session": "exec setsid sleep 1000",
    "double fork": "setsid sh -c 'sleep 1000 & sleep 1000 &' &",
    "nothing open": "exec python3 -I -S -c 'import os; os.setsid(); os.closerange(0, 100);"
    ' os.execve("/usr/bin/sleep", ["sleep", "1000"], {})\'',
}
SPAWN = "<?php $ok = proc_open(['sh', '-c', base64_decode('%s')], [], $pipes); usleep(200000);"
SPAWN += " echo $ok ? 'spawned' : error_get_last()['message'];"


@pytest.mark.parametrize("how", [name for name in ESCAPES if ROOT or name != "nothing open"])
def test_25_whatever_php_left_running_ends_with_its_site(place: Place, how: str) -> None:
    place.put("spawn.php", SPAWN % b64encode(ESCAPES[how].encode()).decode())
    place.start()
    _spawn(place)
    place.stop()
    place.assert_nothing_runs()


def test_25_an_orphan_of_a_killed_worker_does_not_hinder_the_next_start(place: Place) -> None:
    place.put("spawn.php", SPAWN % "ZXhlYyBzZXRzaWQgc2xlZXAgMTAwMA==")
    first = place.start()
    assert place.get("/spawn.php") == (200, "spawned")
    os.kill(first.pid, signal.SIGKILL)
    second = place.start()
    assert second != first
    assert len(_servers(place)) == 1


@NO_SITE_USERS
def test_25_a_fork_bomb_ends_with_its_site(place: Place) -> None:
    place.put("bomb.php", SPAWN % "YigpIHsgYiB8IGIgJiB9OyBi")  # b() { b | b & }; b
    place.start()
    place.get("/bomb.php")
    place.stop()
    place.assert_nothing_runs()


@NO_SITE_USERS
def test_a_program_that_the_panel_runs_for_the_site_goes_on(place: Place) -> None:
    """A backup reads the site's files as the site's user, and does not end with the site's worker."""
    uid = place.worker.identity.uid
    argv = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "sh", "-c", "sleep 1000 & wait"]
    with subprocess.Popen(argv) as backup:
        try:
            wait_for(lambda: len(living_of(uid)) == 2)
            before = living_of(uid)
            place.start()
            place.stop()
            assert living_of(uid) == before
        finally:
            backup.kill()
    place.stop()  # the orphaned one is not the panel's any more


@NO_SITE_USERS
def test_a_tenant_that_gives_its_lock_away_is_stopped_all_the_same(place: Place) -> None:
    lines = ("import fcntl", "for n in range(3, 30):", " try: fcntl.flock(n, 8)", " except OSError: pass")
    unlock = "exec python3 -I -S -c '{}'".format("\n".join(lines))
    place.put("unlock.php", SPAWN % b64encode(unlock.encode()).decode())
    first = place.start()
    place.get("/unlock.php")
    wait_for(lambda: not lock.is_held(place.worker.lock_file))
    assert place.start() == first
    place.worker.pid_file.unlink()
    place.stop()
    place.assert_nothing_runs()


# Mistaken for another


@pytest.fixture
def innocent() -> Iterator[int]:
    with subprocess.Popen(["sleep", "1000"]) as found:
        yield found.pid
        assert process(found.pid) is not None, "an innocent process was signalled"
        found.kill()


WRONG: dict[str, Callable[[int], str]] = {
    "the number alone": lambda pid: f"{pid}\n",
    "all of it": lambda pid: f"{pid}\n{_started(pid)}\n{boot_id()}\n{'0' * 32}\n",
    "another start time": lambda pid: f"{pid}\n1\n{boot_id()}\nx\n",
    "another boot": lambda pid: f"{pid}\n{_started(pid)}\n00000000-0000-0000-0000-000000000000\nx\n",
    "our own": lambda pid: f"{os.getpid()}\n{_started(os.getpid())}\n{boot_id()}\nx\n",
    "init": lambda pid: f"1\n{_started(1)}\n{boot_id()}\nx\n",
    "nonsense": lambda pid: "-1\n\0\n\n",
    "everybody": lambda pid: f"-1\n0\n{boot_id()}\nx\n",
}


@pytest.mark.parametrize("what", WRONG)
def test_22_a_pid_file_that_names_an_innocent_process_harms_nobody(place: Place, innocent: int, what: str) -> None:
    place.worker.pid_file.write_text(WRONG[what](innocent))
    assert SUPERVISOR.status(place.worker).running is False
    place.stop()
    place.worker.pid_file.write_text(WRONG[what](innocent))
    server = place.start()
    place.worker.pid_file.write_text(WRONG[what](innocent))
    assert SUPERVISOR.status(place.worker).pid == server.pid
    place.stop()
    place.assert_nothing_runs()


def test_22_a_worker_without_a_pid_file_is_found_by_its_lock(place: Place) -> None:
    server = place.start()
    place.worker.pid_file.unlink()
    assert place.start() == server
    assert place.worker.pid_file.exists()
    place.worker.pid_file.unlink()
    place.stop()
    place.assert_nothing_runs()


def test_a_worker_whose_token_is_not_to_be_found_out_is_replaced(place: Place, monkeypatch: Any) -> None:
    first = place.start()
    place.worker.pid_file.unlink()
    monkeypatch.setattr(find, "environment", lambda pid, name: None)
    assert place.start() != first
    assert len(_servers(place)) == 1


def test_22_another_site_s_worker_is_never_stopped(place: Place) -> None:
    with worker_place() as other:
        running = other.start()
        place.worker.pid_file.write_text(other.worker.pid_file.read_text())
        place.stop()
        place.start()
        place.stop()
        assert other.server() == running


def test_15_a_port_that_a_stranger_has_is_refused_with_his_name(place: Place) -> None:
    with _listener(place.worker.port) as stranger:
        with pytest.raises(Refused) as refused:
            place.start()
        exe = Path(f"/proc/{stranger.pid}/exe").readlink()
        assert str(refused.value) == (
            f"Port {place.worker.port} is used by pid {stranger.pid} ({exe}):"
            " end that program, or give shop another port."
        )
        assert SUPERVISOR.port_holder(place.worker.port) == f"pid {stranger.pid} ({exe})"
        stranger.kill()
    assert SUPERVISOR.port_holder(place.worker.port) is None
    place.start()


@NO_SITE_USERS
def test_18_another_site_cannot_share_a_worker_s_port(place: Place) -> None:
    place.start()
    uid = place.worker.identity.uid + 1
    with _listener(place.worker.port, "setpriv", f"--reuid={uid}", "--clear-groups") as thief:
        assert thief.wait(10) != 0
        assert b"Address already in use" in (thief.stderr.read() if thief.stderr else b"")


@NO_SITE_USERS
def test_18_an_own_process_on_the_port_ends_before_the_worker_starts(place: Place) -> None:
    """The kernel lets processes of one user share a port: what the site itself left there would take requests."""
    uid = place.worker.identity.uid
    with _listener(place.worker.port, "setsid", "--fork", "setpriv", f"--reuid={uid}", "--clear-groups"):
        wait_for(lambda: SUPERVISOR.port_holder(place.worker.port))
        server = place.start()
        assert {place.get("/") for _ in range(20)} == {(200, f"hello from {server.pid}")}


# What goes wrong


def test_a_frankenphp_that_is_not_there_is_refused_with_what_to_do(place: Place) -> None:
    place.worker = replace(place.worker, binary=Path("/nonexistent/frankenphp"))
    with pytest.raises(Refused, match=r"FrankenPHP \(/nonexistent/frankenphp\) is missing, or .* may not run it"):
        place.start()
    place.assert_nothing_runs()


@NO_SITE_USERS
def test_a_frankenphp_that_the_site_s_user_cannot_reach_is_refused(place: Place) -> None:
    hidden = place.places.root / "hidden"
    hidden.mkdir(mode=0o700)
    (hidden / "frankenphp").symlink_to(place.worker.binary)
    place.worker = replace(place.worker, binary=hidden / "frankenphp")
    with pytest.raises(Refused, match="or the user site may not run it"):
        place.start()
    place.assert_nothing_runs()


@NO_SITE_USERS
def test_a_configuration_that_the_site_s_user_cannot_read_is_refused(place: Place) -> None:
    place.worker.config.chmod(0o600)
    with pytest.raises(Refused, match=r"The user site may not read .*worker\.json"):
        place.start()
    place.assert_nothing_runs()


def test_a_missing_or_torn_configuration_is_refused(place: Place) -> None:
    place.worker.config.write_text("{")
    with pytest.raises(Refused, match="is missing or damaged; write it again"):
        place.start()
    place.worker.config.unlink()
    with pytest.raises(Refused, match="is missing or damaged; write it again"):
        place.start()


def test_a_worker_that_ends_while_starting_is_refused_with_its_last_words(place: Place) -> None:
    place.worker.config.write_text(json.dumps({"apps": {"nonsense": {}}}))
    with pytest.raises(Refused, match=r"(?s)The worker of shop ended while starting. Its log ends with:.*nonsense"):
        place.start()
    place.assert_nothing_runs()


def test_a_worker_whose_php_never_answers_is_ended_and_refused(place: Place, monkeypatch: Any) -> None:
    monkeypatch.setattr(ready, "PATIENCE", 1.0)
    (place.places.probe / "ready.php").write_text("<?php sleep(60);")
    place.worker = replace(place.worker, grace=0.5)
    with pytest.raises(Refused, match="does not answer through PHP within 1 seconds"):
        place.start()
    place.assert_nothing_runs()


def test_a_worker_that_has_hung_is_replaced(place: Place, monkeypatch: Any) -> None:
    first = place.start()
    os.kill(first.pid, signal.SIGSTOP)
    wait_for(lambda: ") T " in Path(f"/proc/{first.pid}/stat").read_text())
    monkeypatch.setattr(ready, "PATIENCE", 1.0)
    place.worker = replace(place.worker, grace=0.2)
    assert place.start() != first


def test_52_a_log_that_is_a_link_is_refused_and_not_followed(place: Place, tmp_path: Path) -> None:
    place.worker.log.symlink_to(tmp_path / "target")
    with pytest.raises(Refused, match="is a link, where the log should be; remove it"):
        place.start()
    assert not (tmp_path / "target").exists()
    place.worker.log.unlink()


@NO_SITE_USERS
@pytest.mark.parametrize("options", ["size=8k", "nr_inodes=2"])
def test_a_worker_on_a_full_disk_is_refused_and_can_be_stopped(place: Place, options: str) -> None:
    outside, listen = place.places.root / "worker.json", place.places.root / "listen"
    outside.write_text(place.worker.config.read_text().replace(str(place.worker.listen), str(listen)))
    place.worker = replace(place.worker, config=outside, listen=listen)
    runtime = place.worker.pid_file.parent
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"mode=755,{options}", "tmpfs", runtime], check=True)
    try:
        (runtime / "filling").write_bytes(bytes(8192 if "size" in options else 1))
        with pytest.raises(Refused, match=r"The disk of .* is full; make room and try again"):
            place.start()
        place.assert_nothing_runs()
        place.stop()
    finally:
        subprocess.run(["umount", runtime], check=True)


@NO_SITE_USERS
def test_52_the_log_is_root_s_and_a_later_start_adds_to_it(place: Place) -> None:
    place.worker.log.write_text("before\n")
    place.start()
    assert place.worker.log.stat().st_uid == 0
    assert SUPERVISOR.logs(place.worker, 1000)[0] == "before"


def test_a_lock_that_a_stranger_holds_is_said(place: Place, monkeypatch: Any) -> None:
    monkeypatch.setattr(pidfile, "sweep", lambda worker: None)
    held = lock.take(place.worker.lock_file)
    assert held is not None
    with pytest.raises(Unavailable, match="A program that is not the worker's holds"):
        place.start()
    os.close(held)


# Reloaded


def test_a_reload_changes_the_configuration_and_loses_no_request(place: Place) -> None:
    server = place.start()
    place.put("limit.php", "<?php echo ini_get('memory_limit');")
    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(place.get, "/") for _ in range(100)]
        place.configure(php_ini={"memory_limit": "77M"})
        SUPERVISOR.reload(place.worker)
        assert {answer.result() for answer in answers} == {(200, f"hello from {server.pid}")}
    assert place.server() == server
    assert place.get("/limit.php") == (200, "77M")


def test_a_reload_that_the_worker_does_not_take_is_refused_and_the_old_one_serves_on(place: Place) -> None:
    server, begun = place.start(), time.monotonic()
    mark = '"FRANKENPANEL_CONFIG": "'
    config = json.loads(place.worker.config.read_text().replace(mark, f"{mark}x"))
    config["apps"]["nonsense"] = {}
    place.worker.config.write_text(json.dumps(config))
    with pytest.raises(Refused, match=r"(?s)The worker of shop keeps its old configuration.*nonsense"):
        SUPERVISOR.reload(place.worker)
    assert time.monotonic() - begun < ready.RELOAD_PATIENCE, "its log says so at once"
    assert place.get("/") == (200, f"hello from {server.pid}")


def test_a_reload_lets_a_long_request_end(place: Place) -> None:
    place.put("slow.php", SLOW)
    place.start()
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(place.get, "/slow.php")
        wait_for(_began(place).exists)
        place.configure(php_ini={"memory_limit": "66M"})
        SUPERVISOR.reload(place.worker)
        assert answer.result() == (200, "done")


def test_a_worker_that_does_not_run_cannot_be_reloaded(place: Place) -> None:
    with pytest.raises(Refused, match="does not run, so it cannot be reloaded"):
        SUPERVISOR.reload(place.worker)


def test_a_reload_killed_half_way_is_repeated(place: Place) -> None:
    server = place.start()
    place.configure(php_ini={"memory_limit": "55M"})
    assert killed_at("supervisor.reload-signalled", lambda: SUPERVISOR.reload(place.worker))
    SUPERVISOR.reload(place.worker)
    assert place.server() == server


@pytest.mark.parametrize("replaced", ["restarted", "moved", "started"])
def test_nobody_who_comes_meanwhile_gets_an_error(place: Place, replaced: str, tmp_path: Path) -> None:
    """Hundreds a second: refused while the port is shut, and answered in time before and after.

    Who has connected just before and not yet asked is closed without a word, which the front takes for a refusal too.
    """
    first, ended, visitors, times = place.start(), threading.Event(), 3, 3
    try:
        with ThreadPoolExecutor(visitors) as pool:
            seen = [pool.submit(_visited, place, ended) for _ in range(visitors)]
            for _ in range(times):
                _replace(place, replaced)
            ended.set()
            answers = [answer for one in seen for answer in one.result()]
    finally:
        ended.set()
    assert place.server() != first
    assert {status for status, _ in answers} <= {CLOSED, REFUSED, 200}, answers
    assert [status for status, _ in answers].count(CLOSED) <= times * visitors, "each a connection to an old server"
    assert max(took for _, took in answers) < 20, "half a minute waits who came before PHP was there"


def _visited(place: Place, ended: threading.Event) -> list[tuple[int, float]]:
    """Status and seconds of each visit."""
    seen = []
    while not ended.is_set():
        begun = time.monotonic()
        try:
            status = place.get("/")[0]
        except ConnectionRefusedError:
            status = REFUSED
            time.sleep(0.005)
        except (ConnectionError, IndexError):
            status = CLOSED
        seen.append((status, time.monotonic() - begun))
    return seen


def _replace(place: Place, how: str) -> None:
    if how == "restarted":
        SUPERVISOR.restart(place.worker)
    elif how == "moved":
        other = place.places.root / f"frankenphp-{time.monotonic_ns()}"
        other.symlink_to(settings.FRANKENPHP)
        place.worker = replace(place.worker, binary=other)
        SUPERVISOR.switch(place.worker)
    else:
        SUPERVISOR.drain(place.worker)
        SUPERVISOR.stop(place.worker)
        SUPERVISOR.start(place.worker)


def test_a_drain_lets_a_long_request_end_and_refuses_the_next(place: Place) -> None:
    place.put("slow.php", SLOW)
    place.start()
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(place.get, "/slow.php")
        wait_for(_began(place).exists)
        SUPERVISOR.drain(place.worker)
        assert answer.result() == (200, "done")
    with pytest.raises(ConnectionRefusedError):
        place.get("/")
    SUPERVISOR.drain(place.worker)


@pytest.mark.parametrize("written_since", [True, False])
@pytest.mark.parametrize("point", ["supervisor.emptied", "supervisor.shut"])
def test_one_that_was_left_shut_is_started_anew(place: Place, point: str, written_since: bool) -> None:
    first, whole = place.start(), place.worker.config.read_text()
    names = {path.name for path in place.worker.config.parent.iterdir()}
    assert killed_at(point, lambda: SUPERVISOR.drain(place.worker))
    assert place.worker.config.read_text() != whole
    if written_since:
        place.configure()
    assert place.start() != first
    assert place.get("/")[0] == 200
    assert place.worker.config.read_text() == whole
    assert {path.name for path in place.worker.config.parent.iterdir()} == names


def test_a_worker_that_hangs_or_does_not_run_is_not_waited_for(place: Place) -> None:
    SUPERVISOR.drain(place.worker)
    server = place.start()
    os.kill(server.pid, signal.SIGSTOP)
    wait_for(lambda: ") T " in Path(f"/proc/{server.pid}/stat").read_text())
    begun = time.monotonic()
    SUPERVISOR.drain(place.worker)
    assert time.monotonic() - begun < place.worker.grace
    os.kill(server.pid, signal.SIGKILL)


def test_a_restart_gives_another_process(place: Place) -> None:
    first = place.start()
    SUPERVISOR.restart(place.worker)
    assert place.server() != first


# Looked at


def test_the_status_tells_since_when_it_runs_and_how_much_memory_it_takes(place: Place) -> None:
    assert SUPERVISOR.status(place.worker).running is False
    before = time.time()
    server = place.start()
    status = SUPERVISOR.status(place.worker)
    assert (status.running, status.pid) == (True, server.pid)
    assert status.since is not None
    assert before - 1 < status.since.timestamp() < time.time() + 1
    assert 5_000_000 < (status.memory_pss or 0) < 200_000_000


def test_a_worker_killed_by_somebody_does_not_run(place: Place) -> None:
    server = place.start()
    os.kill(server.pid, signal.SIGKILL)
    wait_for(lambda: not SUPERVISOR.status(place.worker).running)
    assert place.worker.pid_file.exists()


def test_the_last_lines_of_a_long_log_are_read_from_its_end(place: Place) -> None:
    place.worker.log.write_text("".join(f"line {number} \x1b[31m\n" for number in range(50_000)))
    assert SUPERVISOR.logs(place.worker, 2) == [f"line {number} {UNSEEN}[31m" for number in (49_998, 49_999)]
    assert len(SUPERVISOR.logs(place.worker, 20_000)) == 20_000


@NO_SITE_USERS
def test_root_without_the_right_to_look_into_processes_can_do_all_of_it(place: Place) -> None:
    """Root in an ordinary container lacks CAP_SYS_PTRACE: it cannot see which files a site's process has open."""
    act = (
        "import pickle, sys; from apps.host.supervisor.pidfile import PidFileSupervisor as S;"
        "w = pickle.loads(bytes.fromhex(sys.argv[1])); s = S(); s.start(w); first = s.status(w).pid; s.start(w);"
        "assert first; assert s.status(w).pid == first; w.pid_file.unlink(); assert s.status(w).pid == first;"
        "s.start(w); assert s.port_holder(w.port); s.reload(w);"
        "s.stop(w); assert not s.status(w).running; s.start(w); s.stop(w)"
    )
    bound = ["setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace"]
    argv = [*bound, sys.executable, "-c", act, pickle.dumps(place.worker).hex()]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr
    place.assert_nothing_runs()


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except FileNotFoundError:
        return ""


def _servers(place: Place) -> list[int]:
    every = [int(path.name) for path in Path("/proc").glob("[0-9]*")]
    return [pid for pid in every if arguments(pid)[-3:] == ["run", "--config", str(place.worker.config)]]


def _began(place: Place) -> Path:
    """What a page makes that has begun."""
    return place.places.site("shop") / "tmp" / "began"


def _spawn(place: Place) -> None:
    """Until there is something that could escape: once in a great while PHP's child never becomes its program."""
    for _ in range(3):
        assert place.get("/spawn.php") == (200, "spawned")
        with suppress(AssertionError):
            wait_for(lambda: _sleepers(place), 10)
            return
    living = {pid: arguments(pid) for pid in living_of(place.worker.identity.uid)}
    pytest.fail(f"nothing was spawned; there are {living}, and the worker said:\n{place.worker.log.read_text()}")


def _sleepers(place: Place) -> list[int]:
    return [one.pid for one in find.leftovers(place.worker) if arguments(one.pid)[:1] == ["sleep"]]


def _started(pid: int) -> int:
    found = process(pid)
    assert found is not None
    return found.started


def _listener(port: int, *before: str) -> subprocess.Popen[bytes]:
    code = (
        "import socket, time; s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1);"
        f"s.bind(('127.0.0.1', {port})); s.listen(); print('up', flush=True); time.sleep(1000)"
    )
    found = subprocess.Popen([*before, "/usr/bin/python3", "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if not before:
        assert found.stdout
        found.stdout.readline()
    return found


def test_a_panic_is_told_with_the_warnings_before_it_and_without_its_stack(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    lines = ['{"level":"info","msg":"a"}', '{"level":"warn","msg":"b"}', "panic: c", "goroutine 1 [running]:", "d.go:1"]
    log.write_text("\n".join(lines[:2]))
    assert logs.complaint(log, 0).splitlines()[1:] == lines[:2]
    log.write_text("\n".join(lines))
    assert logs.complaint(log, 0).splitlines()[1:] == lines[1:3]
