"""The processes in which somebody browses a database: who reaches them, and that nothing of one is left."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from apps.browser.config import PROBE, Opening
from apps.browser.steps import HERE, SCRIPTS
from apps.host import oplock
from apps.host.browsers import Browser, Browsers
from apps.host.command import Identity
from apps.host.errors import Refused, Unavailable
from apps.host.unix_http import UnixConnection
from apps.host.users import Users
from tests.parts.tenants import AS_ROOT, instance, owner

pytestmark = pytest.mark.host
ROOT = Path(__file__).parents[2]
NUMBER = 7
PASSWORD = "canary-canary-canary"


@pytest.fixture(scope="module")
def users() -> Iterator[Users]:
    """An instance with the folders of a panel, and in place of Adminer a page that says who it is."""
    with instance() as made:
        places = made.places
        for folder in (places.browsers, places.locks, places.run / "panel", places.root / "tree" / "adminer"):
            folder.mkdir(parents=True)
        for folder in (places.root, places.run):
            folder.chmod(0o755)
        (places.root / "tree" / "adminer" / "index.php").write_text("<?php echo 'Adminer';")
        yield made


@pytest.fixture
def browsers(users: Users) -> Iterator[Browsers]:
    made = Browsers(users.places)
    scripts = {name: (HERE / name).read_text() for name in SCRIPTS}
    for _ in range(2):
        made.install(users.places.root / "tree", scripts)
    yield made
    made.end(NUMBER)
    assert made.numbers() == set()


@pytest.fixture
def rose(users: Users) -> Identity:
    return owner(users, 1)


def a_browser(browsers: Browsers, rose: Identity, number: int = NUMBER, binary: str = "") -> Browser:
    tmp = browsers.places.root / "tmp"
    tmp.mkdir(exist_ok=True)
    os.chown(tmp, rose.uid, rose.gid)
    opening = Opening("fp_rose_abcdef", Path("/nowhere.sock"), browsers.places.browser, tmp, "one", PASSWORD)
    return Browser(number, rose, Path(binary or settings.FRANKENPHP), opening.config, PROBE)


def members(browsers: Browsers) -> list[int]:
    """The processes that have its lock from whoever took it."""
    lock = browsers.places.browser_lock(NUMBER)
    return [pid for pid, taker in oplock._holders(lock) if pid != taker]


def get(browsers: Browsers, path: str) -> tuple[int, str]:
    connection = UnixConnection(browsers.places.browser_socket(NUMBER), 5)
    connection.request("GET", path)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def test_it_answers_when_it_is_started_and_nothing_is_left_when_it_is_ended(browsers: Browsers, rose: Identity) -> None:
    browsers.start(a_browser(browsers, rose))
    assert get(browsers, PROBE) == (200, "ready")
    assert get(browsers, "/ready.php")[0] == get(browsers, "/")[0] == 404
    assert browsers.numbers() == {NUMBER}
    with pytest.raises(Unavailable, match="already"):
        browsers.start(a_browser(browsers, rose))
    running = members(browsers)
    assert len(running) == 2
    for _ in range(2):
        browsers.end(NUMBER)
    assert browsers.numbers() == set()
    assert not any(Path(f"/proc/{pid}/exe").exists() for pid in running)


@AS_ROOT
def test_it_runs_as_the_sites_user_and_only_the_panels_may_connect(browsers: Browsers, rose: Identity) -> None:
    browsers.start(a_browser(browsers, rose))
    uids = {os.stat(f"/proc/{pid}").st_uid for pid in members(browsers)}
    assert uids == {0, rose.uid}
    found = browsers.places.browser_socket(NUMBER).stat()
    panel = (browsers.places.run / "panel").stat().st_uid
    assert (found.st_uid, stat.S_IMODE(found.st_mode)) == (panel, 0o600)


def test_35_neither_arguments_nor_environment_nor_log_nor_disk_has_the_password(
    browsers: Browsers, rose: Identity
) -> None:
    browsers.start(a_browser(browsers, rose))
    for pid in members(browsers):
        for name in ("cmdline", "environ"):
            shown = Path(f"/proc/{pid}/{name}").read_bytes()
            assert PASSWORD.encode() not in shown and PASSWORD.encode().hex().encode() not in shown
    for text in (PASSWORD, PASSWORD.encode().hex()):
        grep = ["grep", "-rlF", "--devices=skip", text, str(browsers.places.root)]
        assert subprocess.run(grep, capture_output=True, text=True, check=False).stdout == ""
    assert PASSWORD not in repr(a_browser(browsers, rose))


def test_with_what_stands_above_it_it_ends_itself(browsers: Browsers, rose: Identity) -> None:
    """As when its time is over, or somebody ends the wrong one of the two."""
    browsers.start(a_browser(browsers, rose))
    above = next(pid for pid in members(browsers) if Path(f"/proc/{pid}/exe").resolve().name == "timeout")
    os.kill(above, signal.SIGKILL)
    for _ in range(200):
        if not members(browsers):
            break
        subprocess.run(["sleep", "0.01"], check=True)
    assert members(browsers) == []


def test_one_that_does_not_start_says_why_and_leaves_nothing(browsers: Browsers, rose: Identity) -> None:
    with pytest.raises(Refused, match="Adminer does not start"):
        browsers.start(a_browser(browsers, rose, binary="/bin/false"))
    assert browsers.numbers() == set()


@pytest.mark.parametrize("place", ["config", "_wait", "_listening"])
def test_after_a_runner_that_was_killed_it_is_found_and_ended(browsers: Browsers, rose: Identity, place: str) -> None:
    """Killed where it tells the process what it is, where it waits for it, and before there is one."""
    if (child := os.fork()) == 0:

        def die(*_: object) -> bytes:
            os.kill(os.getpid(), signal.SIGKILL)
            return b""

        started = a_browser(browsers, rose)
        if place == "config":
            started = Browser(NUMBER, rose, started.binary, die, PROBE)
        else:
            setattr(Browsers, place, die)
        browsers.start(started)
        sys.exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert browsers.numbers() == {NUMBER}
    browsers.end(NUMBER)
    assert (browsers.numbers(), members(browsers)) == (set(), [])
    browsers.start(a_browser(browsers, rose))
    assert get(browsers, PROBE) == (200, "ready")


def test_a_start_that_is_ended_meanwhile_fails_and_leaves_nothing(browsers: Browsers, rose: Identity) -> None:
    started, places = a_browser(browsers, rose), browsers.places
    code = f"""if True:
        from pathlib import Path
        from apps.host.browsers import Browsers
        from frankenpanel.places import Places
        Browsers(Places(Path({str(places.root)!r}), Path({str(places.run)!r}), Path("/nowhere"), "")).end({NUMBER})
    """
    enders: list[subprocess.Popen[bytes]] = []

    def config(listen: str) -> bytes:
        enders.append(subprocess.Popen([sys.executable, "-c", code], cwd=ROOT))
        while members(browsers):
            subprocess.run(["sleep", "0.01"], check=True)
        return started.config(listen)

    with pytest.raises((Refused, BrokenPipeError)):
        browsers.start(Browser(NUMBER, rose, started.binary, config, PROBE))
    assert enders[0].wait(20) == 0
    assert (browsers.numbers(), members(browsers)) == (set(), [])


def test_what_is_laid_for_sites_users_is_theirs_to_read_only(browsers: Browsers, rose: Identity) -> None:
    place = browsers.places.browser
    for file in (place, *place.rglob("*")):
        found = file.stat()
        assert found.st_uid == os.geteuid()
        assert not found.st_mode & 0o022
        assert found.st_mode & 0o004
    assert list(place.parent.glob(".browser*")) == []
