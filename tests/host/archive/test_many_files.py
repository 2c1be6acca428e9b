"""Row 37: a million files in a site cost time, and no memory: neither to save them nor to look for one of them."""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from secrets import token_bytes, token_hex
from unittest.mock import patch

import pytest

from apps.host.archive import held, index, reading, tenant_pack
from apps.host.archive.held import Held
from apps.host.archive.ledger import Fact, Ledger
from apps.host.archive.members import unpacked
from apps.host.archive.reading import Archive
from apps.host.archive.sources import local_file
from apps.host.archive.tar import Tar
from apps.host.archive.tenant_pack import in_order, name_of
from apps.host.archive.writing import Content, Database, write_filled
from tests.host.archive.ground import Ground, ground, listed, users

__all__ = ["ground", "users"]

MANY = 10_000
LITTLE = 1 << 16
PIECE = 1 << 20
SIZE = 8


@pytest.fixture
def little(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if memory had room for as little, so that what is true of these files is true of a million."""
    monkeypatch.setattr(held, "MOST", LITTLE)
    monkeypatch.setattr(index, "HELD", LITTLE)
    monkeypatch.setattr(index, "FAR_SLICE", LITTLE)
    monkeypatch.setattr(tenant_pack, "AT_ONCE", 100)


@pytest.fixture
def traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


def taken() -> int:
    """Bytes that this process has of what it has asked for since it is traced."""
    return tracemalloc.get_traced_memory()[0]


def test_37_what_waits_for_the_end_is_on_the_disk_and_not_in_clear_there(tmp_path: Path, traced: None) -> None:
    piece = token_bytes(PIECE)
    with Held(tmp_path) as waiting:
        for _ in range(40):
            waiting.put(piece)
        assert taken() < held.MOST + 4 * PIECE
        (file,) = (one for one in Path("/proc/self/fd").iterdir() if str(one.resolve()).startswith(f"{tmp_path}/"))
        assert piece[:100] not in file.read_bytes()
        assert list(tmp_path.iterdir()) == []
        assert all(one == piece for one in waiting.pieces())
    assert not file.exists()


def test_37_of_the_index_that_is_written_nothing_is_kept(little: None, tmp_path: Path, traced: None) -> None:
    with Held(tmp_path) as waiting:
        before, ledger = taken(), Ledger(waiting)
        with ledger.line:
            for number in range(MANY):
                facts: dict[str, Fact] = {"path": f"public/{number}", "kind": "file", "at": number, "size": SIZE}
                ledger.line.put(facts)
                ledger.line.put(number.to_bytes(SIZE, "big"))
        _, members = ledger.finished([1])
        assert taken() - before < 4 * LITTLE < sum(map(len, members))


def test_37_of_the_index_that_is_read_nothing_is_kept(little: None, tmp_path: Path) -> None:
    wanted = [f"files/public/{number:06d}-{token_hex(4)}" for number in range(MANY)]

    def fill(tar: Tar) -> dict[str, Database]:
        for name in wanted:
            tar.file(name.encode(), 0o644, 0, SIZE, [name[-SIZE:].encode()])
        return {}

    write_filled(tmp_path, tmp_path / "a.tar.gz", Content({}), fill)
    with local_file(tmp_path, tmp_path / "a.tar.gz") as file:
        tracemalloc.start()
        archive = Archive(file)
        assert taken() < 4 * LITTLE < archive._content.size - archive.index.end
        tracemalloc.stop()
        assert [entry.path for entry in archive.index.entries()] == wanted
        assert b"".join(archive.content(archive.find(wanted[-1]))) == wanted[-1][-SIZE:].encode()
        assert archive.verify() == (MANY, SIZE * MANY)


def test_37_a_folder_of_many_files_is_gone_through_in_the_order_of_its_names(little: None, tmp_path: Path) -> None:
    wanted = {os.urandom(6).replace(b"/", b"_").replace(b"\0", b"-") for _ in range(1200)} | {b"\xff", "ü".encode()}
    for name in wanted:
        (tmp_path / os.fsdecode(name)).touch()
    folder = os.open(tmp_path, os.O_RDONLY)
    parts = [[name_of(entry) for entry in entries] for entries in in_order(folder)]
    os.close(folder)
    assert max(map(len, parts)) == 100
    assert [name for part in parts for name in part] == sorted(wanted)


def test_37_a_folder_with_as_many_as_are_looked_at_once_is_whole(little: None, tmp_path: Path) -> None:
    for number in range(200):
        (tmp_path / f"{number:03d}").touch()
    folder = os.open(tmp_path, os.O_RDONLY)
    assert [len(entries) for entries in in_order(folder)] == [100, 100, 0]
    os.close(folder)


def test_37_a_site_of_many_files_is_saved_and_is_what_it_was(little: None, ground: Ground, tmp_path: Path) -> None:
    ground.as_site("for number in range(3000): open(f'{number}-{number ** 3}', 'w').write(str(number))")
    assert ground.saved().files > 3000
    assert listed(ground.by_hand(tmp_path) / "files" / "public") == listed(ground.site / "public")


def test_37_of_many_files_those_of_one_folder_are_found_and_a_block_is_unpacked_once_for_all_of_them(
    little: None, tmp_path: Path
) -> None:
    folders = [b"files/a", b"files/a b", b"files/a\xff", "files/ä".encode(), b"files/ab", b"files/a/b"]
    wanted = {folder: [folder + b"/%03d" % number for number in range(300)] for folder in folders}

    def fill(tar: Tar) -> dict[str, Database]:
        for folder, names in wanted.items():
            tar.folder(folder, 0o755, 0)
            for name in names:
                tar.file(name, 0o644, 0, len(name), [name])
        return {}

    write_filled(tmp_path, tmp_path / "a.tar.gz", Content({}), fill)
    with local_file(tmp_path, tmp_path / "a.tar.gz") as file, patch.object(reading, "unpacked", wraps=unpacked) as did:
        archive = Archive(file)
        for folder, names in wanted.items():
            found = [entry for entry in archive.index.below(os.fsdecode(folder)) if entry.kind == "file"]
            below = names + (wanted[b"files/a/b"] if folder == b"files/a" else [])
            assert [b"".join(archive.content(entry)) for entry in found] == below
        assert did.call_count <= 2 * archive.index.count
        assert list(archive.index.below("files/b")) == []
