"""An archive of which a bit is not as it was, that was cut, or put together from two. Numbers in names are rows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.host.archive import keys
from apps.host.archive.age import SEALED
from apps.host.archive.faults import Damaged, Locked
from apps.host.archive.forward import members_of
from apps.host.archive.members import TRAILER, member, trailer
from apps.host.archive.reading import Archive
from apps.host.archive.unpacking import unpack_tree, within
from tests.host.archive.ground import FILE, SLUG, Ground, ground, listed, users
from tests.host.archive.tars import chunks
from tests.host.archive.test_age import Held, begin_of

__all__ = ["ground", "users"]
FILL = "open('large', 'wb').write(os.urandom(400_000)); open('small', 'w').write('small')"


@pytest.fixture
def stored(ground: Ground) -> bytes:
    ground.as_site(FILL)
    ground.saved()
    return ground.path.read_bytes()


def read(content: bytes, key: keys.Key) -> int:
    return Archive(Held(content), [key]).verify()[0]


def read_forward(content: bytes, key: keys.Key) -> int:
    return len(list(members_of(chunks(content), [key])))


WAYS = pytest.mark.parametrize("way", [read, read_forward], ids=["verified", "from its beginning on"])


@WAYS
def test_43_a_bit_that_flips_in_any_piece_is_found(way: object, ground: Ground, stored: bytes) -> None:
    assert callable(way)
    assert way(stored, ground.panels) > 5
    for at in range(begin_of(stored) + 1, len(stored), SEALED // 2):
        changed = bytearray(stored)
        changed[at] ^= 0x10
        with pytest.raises(Damaged):
            way(bytes(changed), ground.panels)


@WAYS
def test_43_a_cut_at_any_piece_is_found(way: object, ground: Ground, stored: bytes) -> None:
    assert callable(way)
    begin = begin_of(stored)
    for end in [*range(begin, len(stored), SEALED), 0, 100, len(stored) - 1]:
        with pytest.raises(Damaged):
            way(stored[:end], ground.panels)


def test_43_a_piece_of_another_archive_of_the_same_site_is_found(ground: Ground, stored: bytes) -> None:
    ground.saved()
    other, begin, theirs = ground.path.read_bytes(), begin_of(stored), begin_of(ground.path.read_bytes())
    for number in range(3):
        here, there = begin + number * SEALED, theirs + number * SEALED
        mixed = stored[:here] + other[there : there + SEALED] + stored[here + SEALED :]
        for way in (read, read_forward):
            with pytest.raises(Damaged):
                way(mixed, ground.panels)


def test_43_an_old_key_opens_nothing_new(ground: Ground, stored: bytes) -> None:
    for way in (read, read_forward):
        with pytest.raises(Locked, match="locked for others"):
            way(stored, keys.new_key())
    with pytest.raises(Locked), ground.archives.opened(SLUG, FILE, []):
        pass


def test_43_a_restore_of_a_damaged_one_changes_nothing_live(ground: Ground, stored: bytes) -> None:
    changed = bytearray(stored)
    changed[-SEALED] ^= 1
    ground.path.write_bytes(changed)
    live = listed(ground.site)
    ground.asides.make(SLUG, 3, ground.owner)
    with pytest.raises(Damaged):
        unpack_tree(members_of(chunks(bytes(changed)), [ground.panels]), ground.owner, aside(ground), within("files"))
    assert listed(ground.site) == live
    ground.asides.remove(SLUG, 3, ground.owner)


def aside(ground: Ground) -> Path:
    return ground.asides.path(SLUG, 3)


def unlocked(ground: Ground) -> bytearray:
    ground.as_site(FILL)
    ground.saved(recipients=[])
    return bytearray(ground.path.read_bytes())


def test_a_bit_that_flips_anywhere_in_an_open_archive_is_found(ground: Ground) -> None:
    content = unlocked(ground)
    key = keys.new_key()
    assert read(bytes(content), key)
    for at in (*range(40, len(content) - TRAILER, 9973), len(content) - TRAILER + 17):
        content[at] ^= 4
        with pytest.raises(Damaged):
            read(bytes(content), key)
        content[at] ^= 4
    for end in (10, 1000, len(content) - 1, len(content) - TRAILER):
        with pytest.raises(Damaged):
            read(bytes(content[:end]), key)


def test_what_the_index_says_is_held_against_the_rest(ground: Ground) -> None:
    """Whoever may write an open archive can change both; one alone is found."""
    content = unlocked(ground)
    begin = int.from_bytes(content[-18:-10], "little")
    index = b"".join(_unpacked(bytes(content[begin:-TRAILER])))
    for old, new in (
        (b'"size":5', b'"size":4'),
        (b"/small", b"/smoll"),
        (b'"sha256":"', b'"sha256":"0'),
        (b"file", b"fire"),
    ):
        assert old in index
        changed = bytes(content[:begin]) + _packed(index.replace(old, new)) + trailer(begin)
        with pytest.raises(Damaged):
            read(changed, keys.new_key())


def _unpacked(packed: bytes) -> Iterator[bytes]:
    from apps.host.archive.members import flowing

    return flowing([packed])


def _packed(index: bytes) -> bytes:
    """With its size put right."""
    size = len(index.rstrip(b"\0")) - 512
    header = bytearray(index[:512])
    header[124:136] = b"%011o\0" % size
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    text = index[512 : 512 + size]
    return member(bytes(header) + text + bytes(-size % 512 + 1024))


@pytest.mark.parametrize("size", [0, 1, 33, 34, 5000])
def test_what_is_no_archive_of_ours_has_no_index(size: int) -> None:
    with pytest.raises(Damaged):
        Archive(Held(os.urandom(size)), [])


def test_a_hostile_index_takes_no_memory_and_is_refused() -> None:
    body = member(b"")
    bomb = b"".join(member(bytes(1 << 20)) for _ in range(200))
    for index in (member(b"x" * 512), member(bytes(600)), bomb, b""):
        with pytest.raises(Damaged):
            Archive(Held(body + index + trailer(len(body))), [])
