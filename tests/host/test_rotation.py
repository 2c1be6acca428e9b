"""A worker's log is cut while it is written to, and the site's own by its user: nothing but a line or two is lost."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.host import site_logs
from apps.host.crash import CrashPoint
from apps.host.errors import Refused
from apps.host.supervisor.rotation import rotate
from tests.parts.ground import open_folder
from tests.parts.tenants import AS_ROOT, owner
from tests.parts.tenants import instance as users_of_an_instance

WRITER = """
import os, sys, time
log = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND)
until, number = time.monotonic() + float(sys.argv[2]), 0
while time.monotonic() < until:
    os.write(log, f"{number:09} {'x' * 89}\\n".encode())
    number += 1
    if float(sys.argv[3]):
        time.sleep(float(sys.argv[3]))
print(number)
"""
LINE = 100


@pytest.fixture
def base() -> Iterator[Path]:
    with open_folder() as folder:
        (folder / "logs" / "shop").mkdir(parents=True)
        yield folder


@pytest.fixture
def log(base: Path) -> Path:
    log = base / "logs" / "shop" / "worker.log"
    log.touch()
    return log


def numbers(*files: Path) -> list[int]:
    """Those of every whole line. A line that was torn would not be a number."""
    lines = b"".join(file.read_bytes() for file in files if file.exists()).splitlines()
    return [int(line[:9]) for line in lines if len(line) == LINE - 1]


@pytest.mark.parametrize(("pause", "limit", "lost"), [("0.0005", 20_000, 0.02), ("0", 1_000_000, 0.2)])
def test_a_log_is_cut_while_it_is_written_to(base: Path, log: Path, pause: str, limit: int, lost: float) -> None:
    """At some thousand lines a second, and at full speed. *lost*: the share that a busy machine may lose."""
    argv = [sys.executable, "-c", WRITER, str(log), "1.5", pause]
    writer = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    cuts = 0
    while writer.poll() is None:
        cuts += rotate(base, log, limit, 200)
        time.sleep(0.02)
    written = int(writer.communicate()[0])
    kept = numbers(*(log.with_name(f"worker.log.{number}") for number in range(cuts, 0, -1)), log)
    print(f"{cuts} cuts, {written} lines written, {written - len(set(kept))} lost")  # noqa: T201 - a figure
    assert cuts >= 3
    assert kept == sorted(set(kept)), "none is told twice, and none out of order"
    assert written - len(kept) <= lost * written


def test_only_the_newest_are_kept_and_only_their_ends(base: Path, log: Path) -> None:
    for number in range(1, 5):
        log.write_text(f"{number}" * 7000)
        assert rotate(base, log, 1000, 3)
    assert log.read_text() == ""
    assert {file.name: file.read_text() for file in log.parent.iterdir() if file != log} == {
        f"worker.log.{number}": f"{5 - number}" * 5000 for number in (1, 2, 3)
    }
    assert not rotate(base, log, 1000, 3)


def test_a_log_of_eight_terabytes_is_cut_from_its_end(base: Path, log: Path) -> None:
    with log.open("r+b") as file:
        file.truncate(8 * 1024**4)  # who read it all would be at it for an hour
        file.seek(-6, os.SEEK_END)
        file.write(b"theend")
    assert rotate(base, log, 1_000_000, 3)
    assert log.with_name("worker.log.1").stat().st_size == 5_000_000
    assert log.with_name("worker.log.1").read_bytes().endswith(b"theend")


def test_52_a_log_that_is_a_link_is_not_followed(base: Path, log: Path, tmp_path: Path) -> None:
    innocent = tmp_path / "innocent"
    innocent.write_text("x" * 5000)
    log.unlink()
    log.symlink_to(innocent)
    with pytest.raises(Refused, match="is a link"):
        rotate(base, log, 1000, 3)
    log.unlink()
    log.write_text("y" * 5000)
    log.with_name("worker.log.1").symlink_to(innocent)
    assert rotate(base, log, 1000, 3)
    assert innocent.read_text() == "x" * 5000


def test_a_crash_between_leaves_the_log_whole(base: Path, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Crash(Exception):
        pass

    def crash(name: str) -> None:
        raise Crash(name)

    log.write_text("z" * 5000)
    monkeypatch.setattr(CrashPoint, "passed", crash)
    with pytest.raises(Crash, match=r"supervisor\.log-copied"):
        rotate(base, log, 1000, 3)
    monkeypatch.undo()
    assert log.read_text() == "z" * 5000
    assert rotate(base, log, 1000, 3)


@AS_ROOT
def test_52_the_sites_own_log_is_rotated_as_its_user_and_never_through_a_link(tmp_path: Path) -> None:
    with users_of_an_instance() as users:
        site = owner(users, 7)
        folder = users.places.site_logs("shop")
        folder.mkdir(parents=True)
        os.chown(folder, site.uid, site.gid)
        log = folder / "php-error.log"
        log.write_text("old\n" * 1000)
        assert site_logs.have_grown(folder, 1000)
        site_logs.rotate_as(site, folder, 1000, 2)
        assert not log.exists()
        assert (folder / "php-error.log.1").read_text() == "old\n" * 1000
        assert site_logs.tail_as(site, folder, "php-error.log", 100) == b""
        assert site_logs.tail_as(site, folder, "php-error.log.1", 8) == b"old\nold\n"
        secret = tmp_path / "secret"
        secret.write_text("x" * 5000)
        log.symlink_to(secret)
        assert not site_logs.have_grown(folder, 1000)
        for act in (site_logs.rotate_as, lambda *words: site_logs.tail_as(site, folder, "php-error.log", 100)):
            with pytest.raises(Refused, match="is a link"):
                act(site, folder, 1000, 2)
        os.mkfifo(folder / "pipe")
        with pytest.raises(Refused):
            site_logs.tail_as(site, folder, "pipe", 100)
