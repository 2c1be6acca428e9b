"""A backup that is killed, breaks off or finds the disk full has left nothing that looks like one."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from apps.host.archive import target
from apps.host.archive.members import member
from apps.host.archive.unpacking import unpack_tree, within
from apps.host.errors import Refused, Unavailable
from apps.host.memory import descendants
from tests.host.archive.ground import DUMP, FILE, SLUG, Ground, ground, listed, users
from tests.parts.crashes import killed_at, points
from tests.parts.disks import small_disk
from tests.parts.tenants import AS_ROOT

__all__ = ["ground", "users"]
PART = f"{FILE}.part"
FILL = "for number in range(20): open(f'{number}', 'wb').write(os.urandom(300_000))"


def there(ground: Ground) -> list[str]:
    return sorted(path.name for path in ground.path.parent.iterdir()) if ground.path.parent.exists() else []


@pytest.mark.parametrize("point", points("archive.part-", "archive.settled", "archive.databases-", "archive.files-"))
def test_killed_anywhere_it_leaves_the_archive_or_a_part_of_it(point: str, ground: Ground) -> None:
    ground.as_site("open('a', 'w').write('b')")
    assert killed_at(point, ground.saved)
    assert there(ground) == [FILE if point == "archive.settled" else PART]
    ground.saved()
    assert there(ground) == [FILE]
    with ground.archives.opened(SLUG, FILE, [ground.panels]) as archive:
        assert archive.verify()
    for _ in range(2):
        ground.archives.discard(SLUG, FILE)
    assert there(ground) == []


def test_killed_at_any_time_it_leaves_a_part_and_nothing_else(ground: Ground) -> None:
    ground.as_site(FILL)
    for delay in (0.0, 0.01, 0.03, 0.06):
        child = os.fork()
        if not child:
            try:
                ground.archives.write(SLUG, FILE, ground.content(databases={"fp_shop": endless()}))
            finally:
                os._exit(0)
        while PART not in there(ground):
            time.sleep(0.001)
        time.sleep(delay)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        assert there(ground) == [PART]
    ground.archives.discard(SLUG, FILE)
    assert there(ground) == []


def endless() -> Iterator[bytes]:
    while True:
        yield b"INSERT INTO t VALUES (1);\n" * 1000


@AS_ROOT
@pytest.mark.parametrize("size", [100_000, 3_000_000])
def test_a_disk_that_becomes_full_leaves_no_part_and_says_so(size: int, ground: Ground) -> None:
    before = threads()
    ground.as_site(FILL)
    ground.path.parent.mkdir(mode=0o700, parents=True)
    with small_disk(ground.path.parent, size):
        ground.path.parent.chmod(0o700)
        with pytest.raises(Refused, match=r"The disk of .* is full; make room"):
            ground.saved()
        assert there(ground) == []
        with pytest.raises(Refused, match="10000000 bytes are needed"):
            ground.saved(needed=10_000_000)
        assert there(ground) == []
    assert threads() <= before


def threads() -> set[threading.Thread]:
    return set(threading.enumerate())


class Enough(Exception):
    pass


def test_it_can_be_broken_off_anywhere_and_leaves_neither_part_nor_thread(ground: Ground) -> None:
    before = threads()
    ground.as_site(FILL)

    def told(size: int) -> None:
        raise Enough

    def broken() -> Iterator[bytes]:
        yield DUMP
        raise Unavailable("The server is away.")

    with pytest.raises(Enough):
        ground.archives.write(SLUG, FILE, ground.content(), told=told)
    with pytest.raises(Unavailable, match="server is away"):
        ground.saved(databases={"fp_shop": broken()})
    with pytest.raises(Enough):
        ground.archives.write(SLUG, FILE, ground.content(databases={}), told=told)
    assert there(ground) == []
    assert threads() <= before


def test_visitors_come_first(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that works hard gives way: the threads, and the child. Whoever asked for it keeps his own place."""
    own, seen = os.nice(0), set()

    def seeing(content: bytearray) -> bytes:
        seen.add(os.nice(0))
        for pid in descendants(os.getpid()):
            with suppress(OSError):
                if b"pack" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
                    seen.add(os.getpriority(os.PRIO_PROCESS, pid))
        return member(content)

    monkeypatch.setattr("apps.host.archive.blocks.member", seeing)
    ground.as_site(FILL)
    ground.saved()
    assert seen == {own + 10}
    assert os.nice(0) == own


def test_35_no_key_is_among_a_childs_words(ground: Ground) -> None:
    """Nor is what an archive is locked for known to the site's own processes."""
    seen: list[bytes] = []

    def told(size: int) -> None:
        for pid in descendants(os.getpid()):
            with suppress(OSError):  # it may have ended by now
                seen.extend(Path(f"/proc/{pid}/{file}").read_bytes() for file in ("cmdline", "environ"))

    ground.as_site(FILL)
    ground.archives.write(SLUG, FILE, ground.content(), told=told)
    ground.asides.make(SLUG, 1, ground.owner)
    with ground.archives.opened(SLUG, FILE, [ground.panels]) as archive:
        place = ground.asides.path(SLUG, 1)
        unpack_tree(archive.members(), ground.owner, place, within("files"), told=told)
    ground.asides.remove(SLUG, 1, ground.owner)
    assert any(b"unpack" in words for words in seen)
    words = b"".join(seen).upper()
    assert b"AGE-SECRET-KEY" not in words
    assert ground.panels.recipient.upper().encode() not in words


def test_one_that_is_there_stays_until_the_next_is_whole(ground: Ground) -> None:
    ground.saved()
    was = ground.path.read_bytes()
    killed_at("archive.part-synced", ground.saved)
    assert ground.path.read_bytes() == was
    with pytest.raises(Refused):
        ground.saved(most=1)
    assert ground.path.read_bytes() == was


@AS_ROOT
def test_a_link_or_a_strangers_folder_is_no_place_for_an_archive(ground: Ground, tmp_path: Path) -> None:
    ground.saved()
    (ground.path.parent / PART).symlink_to(tmp_path / "elsewhere")
    ground.saved()
    assert listed(tmp_path) == {}
    os.chown(ground.path.parent, ground.owner.uid, ground.owner.gid)
    with pytest.raises(Refused, match="folder of another user"):
        ground.saved()
    with pytest.raises(Refused, match="folder of another user"):
        ground.archives.sha256(SLUG, FILE)
    for name in ("../evil.tar.gz", "a/b.tar.gz", ".tar.gz", "evil", "A.tar.gz", "a.tar.gz.age\n"):
        with pytest.raises(Refused, match="is not the name of an archive"):
            ground.archives.path(SLUG, name)


def test_what_lies_on_the_disk_is_told_to_it_early(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target, "AT_ONCE", 1 << 20)
    ground.as_site(FILL)
    ground.saved()
    with ground.archives.opened(SLUG, FILE, [ground.panels]) as archive:
        assert archive.verify()[1] > 6_000_000
