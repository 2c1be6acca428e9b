"""The processes in which somebody browses a database: each for one database and one person, for minutes.

Each runs as its site's user and takes what it is from standard input, so that the password is in no file, no argument
and no environment. It inherits its socket, which lies in a folder of the panel's and belongs to the panel's user: no
site's user can connect to it, not even its own. Above it stands ``timeout``, which is root's: it ends the process in
time, whatever has become of the panel, and the kernel ends the process with it (PR_SET_PDEATHSIG). Whoever has the
lock open belongs to it: so all of one is found, and ended, by anybody who knows its number.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from time import monotonic, sleep

from apps.host import oplock
from apps.host.command import PATH, Identity
from apps.host.errors import Refused, Unavailable
from apps.host.folders import spoken
from apps.host.supervisor.launch import LOG, limits, privileges
from apps.host.supervisor.logs import complaint
from apps.host.supervisor.ready import STARTED
from apps.host.unix_http import UnixConnection
from frankenpanel.places import Places

LONGEST = 1800
"""Seconds after which each has ended, come what may."""
PATIENCE = 10.0
ASKED_FOR = 0.7
LOOKED_FOR_EVERY = 0.3
ENDS = 5.0


@dataclass(frozen=True)
class Browser:
    """*config* makes what the process is told, from the word for the socket that it listens on. *probe*: a path."""

    number: int
    owner: Identity
    binary: Path
    config: Callable[[str], bytes]
    probe: str


class Browsers:
    """Nothing is remembered between two calls. A start that was broken off anywhere is taken back by ``end``."""

    def __init__(self, places: Places) -> None:
        self.places = places

    def install(self, tree: Path, scripts: Mapping[str, str]) -> None:
        """Lay a copy of *tree*, and beside it the panel's own *scripts*, where every site's user may read them.

        A second time it is laid anew. Whoever browses meanwhile goes on with it.
        """
        place = self.places.browser
        new, old = place.with_name(".browser.new"), place.with_name(".browser.old")
        with spoken(place):
            _clear(new, old)
            shutil.copytree(tree, new)
            for name, text in scripts.items():
                (new / name).write_text(text)
                (new / name).chmod(0o644)
            new.chmod(0o755)
            if place.exists():
                place.rename(old)
            new.rename(place)
            _clear(old)

    def start(self, browser: Browser) -> None:
        """Returns when its PHP answers. Unavailable where one of that number is there; Refused where it will not."""
        lock = oplock.acquire(self.places.browser_lock(browser.number))
        if lock is None:
            raise Unavailable(f"The browser {browser.number} is being started already.")
        try:
            with self._listening(browser.number) as listening:
                self._launch(browser, lock, listening)
            self._wait(browser)
        except BaseException:
            while oplock.end_inheritors(self.places.browser_lock(browser.number)):
                sleep(0.01)
            self._remove(browser.number)
            raise
        finally:
            os.close(lock)

    def end(self, number: int) -> None:
        """Kill what there is of it, and remove its socket and its log. It not being there is no error.

        A start that is under way fails by that, and has cleared up before this returns.
        """
        path, until = self.places.browser_lock(number), monotonic() + ENDS
        while (lock := oplock.acquire(path)) is None:
            if monotonic() > until:
                raise Unavailable(f"Processes of the browser {number} do not end, though killed: a disk may hang.")
            oplock.end_inheritors(path)
            sleep(0.01)
        self._remove(number)
        os.close(lock)

    def numbers(self) -> set[int]:
        """Of those that are there, or have left something."""
        left = [*self.places.browsers.glob("*.*"), *self.places.locks.glob("browser-*.lock")]
        words = (file.stem.removeprefix("browser-") for file in left)
        return {int(word) for word in words if word.isascii() and word.isdigit()}

    def _remove(self, number: int) -> None:
        """By whoever holds its lock: so none of it can be anew by then."""
        lock = self.places.browser_lock(number)
        for file in (self.places.browser_socket(number), self.places.browser_log(number), lock):
            file.unlink(missing_ok=True)

    @contextmanager
    def _listening(self, number: int) -> Iterator[socket.socket]:
        """A socket for the panel's user alone, before anybody could connect."""
        path = self.places.browser_socket(number)
        path.unlink(missing_ok=True)
        found = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with spoken(path):
                found.bind(str(path))
                path.chmod(0o600)
                os.chown(path, (self.places.run / "panel").stat().st_uid, -1)
                found.listen(64)
            yield found
        finally:
            found.close()

    def _launch(self, browser: Browser, lock: int, listening: socket.socket) -> None:
        log = os.open(self.places.browser_log(browser.number), LOG, 0o600)
        try:
            starter = subprocess.Popen(
                _command(browser),
                env={},
                cwd="/",
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                pass_fds=(lock, listening.fileno()),
                start_new_session=True,
                umask=0o077,
            )
            starter.communicate(browser.config(f"fd/{listening.fileno()}"))
        finally:
            os.close(log)

    def _wait(self, browser: Browser) -> None:
        """As with workers: what comes between the opening of a port and the start of PHP hangs for ever."""
        log, looked = self.places.browser_log(browser.number), monotonic()
        until = looked + PATIENCE
        while STARTED not in log.read_text(errors="replace"):
            if monotonic() - looked > LOOKED_FOR_EVERY:  # at all processes of the machine, which takes a while
                looked = monotonic()
                if looked > until or not oplock.has_inheritors(self.places.browser_lock(browser.number)):
                    raise Refused(f"Adminer does not start. {complaint(log, 0)}")
            sleep(0.004)
        while not self._answers(browser):
            if monotonic() > until:
                raise Refused(f"Adminer does not answer. {complaint(log, 0)}")

    def _answers(self, browser: Browser) -> bool:
        connection = UnixConnection(self.places.browser_socket(browser.number), ASKED_FOR)
        try:
            connection.request("GET", browser.probe)
            return connection.getresponse().read(16) == b"ready"
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()


def _clear(*folders: Path) -> None:
    for folder in folders:
        if folder.exists():
            shutil.rmtree(folder)


def _command(browser: Browser) -> list[str]:
    away = [_program("setsid"), "--fork", _program("timeout"), "--signal=KILL", str(LONGEST)]
    user = [*privileges(browser.owner), "--pdeathsig", "KILL", "--", *limits(browser.owner)]
    return [*away, *user, str(browser.binary), "run", "--config", "-"]


def _program(name: str) -> str:
    found = shutil.which(name, path=PATH)
    if found is None:
        raise Refused(f"The program {name} is not there; install the packages coreutils and util-linux.")
    return found
