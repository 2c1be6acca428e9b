"""A folder as a target: whole or not at all, whatever happens to the disk, the process or the folder."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from django.conf import settings

from apps.host.errors import Refused
from apps.host.targets import folder as driver
from apps.host.targets import inside
from apps.host.targets.errors import Gone, Mismatch, NoSpace, Occupied, Unfit, Unreachable
from apps.host.targets.folder import NAMED, FolderTarget
from apps.host.targets.inside import WRITTEN
from apps.host.targets.marks import FILE
from apps.host.targets.target import Copying
from tests.parts.crashes import killed_at
from tests.parts.disks import small_disk

NAME = "shop/shop-20261126T0330Z-17.tar.gz.age"
SIZE = 300_000
BLOCK = 64 << 10


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (driver, inside):
        monkeypatch.setattr(module, "BLOCK", BLOCK)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    file = tmp_path / "archive"
    file.write_bytes(os.urandom(SIZE))
    return file


@pytest.fixture
def target(tmp_path: Path) -> FolderTarget:
    (tmp_path / "target").mkdir(0o700)
    return FolderTarget(tmp_path / "target", settings.PLACES)


def left_in(target: FolderTarget) -> list[str]:
    return sorted(str(path.relative_to(target.path)) for path in target.path.rglob("*") if path.is_file())


def test_a_copy_is_there_whole_and_proven(target: FolderTarget, archive: Path) -> None:
    told: list[tuple[int, int]] = []
    copy = target.put(archive, NAME, Copying(progress=lambda done, total: told.append((done, total))))
    assert copy.proven
    assert copy.sha256 == sha256(archive.read_bytes()).hexdigest() == target.digest(copy.stored)
    assert told[-1] == (SIZE, SIZE)
    assert target.listed() == target.listed("shop") == [copy.stored]
    assert target.listed("sho") == []
    assert target.read_at(copy.stored, 1000, 500) == archive.read_bytes()[1000:1500]
    with target.open(copy.stored) as content:
        assert content.read() == archive.read_bytes()
    assert (target.path / NAME).stat().st_mode & 0o777 == 0o600
    assert left_in(target) == [NAME]


def test_the_second_time_it_is_found_and_not_written_again(target: FolderTarget, archive: Path) -> None:
    first = target.put(archive, NAME, Copying())
    assert target.put(archive, NAME, Copying()) == first


def test_what_else_lies_there_is_left_alone(target: FolderTarget, archive: Path) -> None:
    (target.path / "shop").mkdir()
    (target.path / NAME).write_bytes(b"somebody's")
    with pytest.raises(Occupied, match="it was left as it is"):
        target.put(archive, NAME, Copying())
    assert (target.path / NAME).read_bytes() == b"somebody's"


@pytest.mark.parametrize("point", [WRITTEN.name, NAMED.name])
def test_killed_it_goes_on_where_it_was(target: FolderTarget, archive: Path, point: str) -> None:
    assert killed_at(point, lambda: target.put(archive, NAME, Copying()))
    assert target.listed() == ([] if point == WRITTEN.name else [target.stat(NAME)])
    copy = target.put(archive, NAME, Copying())
    assert target.digest(copy.stored) == copy.sha256
    assert left_in(target) == [NAME]


def test_a_part_of_something_else_is_written_over(target: FolderTarget, archive: Path) -> None:
    (target.path / "shop").mkdir()
    (target.path / f"{NAME}.part").write_bytes(archive.read_bytes()[: 2 * BLOCK] + os.urandom(SIZE))
    copy = target.put(archive, NAME, Copying())
    assert target.digest(copy.stored) == sha256(archive.read_bytes()).hexdigest()


def test_a_copy_that_is_cancelled_can_be_taken_back(target: FolderTarget, archive: Path) -> None:
    def cancel(done: int, total: int) -> None:
        raise Refused("Cancelled.")

    with pytest.raises(Refused, match="Cancelled"):
        target.put(archive, NAME, Copying(progress=cancel))
    assert left_in(target) == [f"{NAME}.part"]
    for _ in range(2):
        target.discard(NAME, {})
        target.delete(NAME)
    assert left_in(target) == []


def test_a_full_disk_is_told_with_the_bytes_and_nothing_is_left(tmp_path: Path, archive: Path) -> None:
    (tmp_path / "small").mkdir()
    with small_disk(tmp_path / "small", SIZE // 2):
        target = FolderTarget(tmp_path / "small", settings.PLACES)
        with pytest.raises(NoSpace, match=rf"needs {SIZE} bytes in .*, and \d+ are free"):
            target.put(archive, NAME, Copying())
        assert left_in(target) == []


def test_a_disk_that_fills_up_meanwhile_is_told_too(tmp_path: Path, archive: Path) -> None:
    (tmp_path / "small").mkdir()
    with small_disk(tmp_path / "small", SIZE + 2 * BLOCK):
        target = FolderTarget(tmp_path / "small", settings.PLACES)

        def fill(done: int, total: int) -> None:
            (tmp_path / "small" / "other").write_bytes(bytes(target.free()))

        with pytest.raises(NoSpace, match="is full; make room"):
            target.put(archive, NAME, Copying(progress=fill))
        assert left_in(target) == ["other"]


def test_a_disk_that_gives_back_something_else_is_not_believed(
    target: FolderTarget, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "digest_of", lambda folder, last: "0" * 64)
    with pytest.raises(Mismatch, match="is its disk broken"):
        target.put(archive, NAME, Copying())
    assert left_in(target) == []


def test_a_folder_that_is_away_may_come_back(target: FolderTarget, archive: Path) -> None:
    target.path.rename(target.path.with_name("unmounted"))
    with pytest.raises(Unreachable, match="is its disk mounted"):
        target.put(archive, NAME, Copying())
    with pytest.raises(Unreachable, match="make it first, or mount its disk"):
        FolderTarget(target.path, settings.PLACES)


def test_a_folder_without_its_mark_is_another(target: FolderTarget, archive: Path) -> None:
    """The empty one that its disk is mounted on, say. Two places may be in one folder."""
    target.give_mark("anothers")
    for _ in range(2):
        target.give_mark("mine")
    known = FolderTarget(target.path, settings.PLACES, "mine")
    stored = known.put(archive, NAME, Copying()).stored
    assert known.listed() == [stored]
    assert left_in(target) == [FILE, NAME]
    target.path.rename(target.path.with_name("unmounted"))
    target.path.mkdir(0o700)
    for act in (lambda: known.put(archive, NAME, Copying()), known.test, known.listed, lambda: known.stat(NAME)):
        with pytest.raises(Unreachable, match=r"mark is not in it\. Is its disk mounted"):
            act()
    assert left_in(target) == []
    target.path.rmdir()
    target.path.with_name("unmounted").rename(target.path)
    for _ in range(2):
        target.take_mark("mine")
    with pytest.raises(Unreachable):
        known.free()
    target.take_mark("anothers")
    assert left_in(target) == [NAME]


def test_what_has_vanished_or_changed_is_no_longer_read(target: FolderTarget, archive: Path) -> None:
    stored = target.put(archive, NAME, Copying()).stored
    with (target.path / NAME).open("r+b") as file:
        file.truncate(5000)
    with pytest.raises(Mismatch, match="not as it was when it was copied"):
        target.read_at(stored, 0, 100)
    with pytest.raises(Mismatch):
        target.digest(stored)
    target.delete(NAME)
    for lost in (lambda: target.stat(NAME), lambda: target.read_at(stored, 0, 100), lambda: target.stat("no/such")):
        with pytest.raises(Gone, match="is not there"):
            lost()


def test_an_archive_that_changes_meanwhile_is_not_copied(target: FolderTarget, archive: Path) -> None:
    def grow(done: int, total: int) -> None:
        with archive.open("ab") as file:
            file.write(b"x")

    with pytest.raises(Refused, match="was changed while it was copied"):
        target.put(archive, NAME, Copying(progress=grow))
    assert target.listed() == []


def test_what_was_forgotten_is_swept(target: FolderTarget, archive: Path) -> None:
    target.put(archive, NAME, Copying())
    for name in ("shop/a.part", "b.part", "new.part"):
        (target.path / name).write_bytes(b"x")
    for name in ("shop/a.part", "b.part", NAME):
        os.utime(target.path / name, (1000, 1000))
    day = datetime.now(UTC) - timedelta(days=1)
    assert target.sweep(day, {"b"}) == 1
    assert left_in(target) == ["b.part", "new.part", NAME]


def test_links_in_it_are_not_followed(target: FolderTarget, archive: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (target.path / "shop").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Refused, match="link"):
        target.put(archive, NAME, Copying())
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_it_is_tried_with_a_file_of_its_own(target: FolderTarget) -> None:
    free = target.test()
    assert free is not None
    assert free > 0
    assert left_in(target) == []


@pytest.mark.parametrize(
    "name", ["", "/etc/x", "../x", "a/../b", "a//b", ".hidden", "a b", "a\n", "x.part", "a/b/c/d/e"]
)
def test_a_name_that_leads_elsewhere_is_none(target: FolderTarget, archive: Path, name: str) -> None:
    for act in (lambda: target.put(archive, name, Copying()), lambda: target.delete(name)):
        with pytest.raises(Unfit, match="no name for a copy"):
            act()


def test_only_a_folder_that_is_nobody_elses_can_be_one(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "open" / "below").mkdir()
    root = settings.PLACES.root
    for path, why in (
        (Path("backups"), "no absolute path"),
        (tmp_path / "link", "the folder itself is"),
        (tmp_path / "real" / ".." / "real", "the folder itself is"),
        (tmp_path / "open" / "below", "Others than root"),
        (root / "sites" / "shop", "belongs to the panel"),
        (root, "belongs to the panel"),
        (root.parent, "belongs to the panel or holds it"),
        (Path("/"), "belongs to the panel or holds it"),
    ):
        with pytest.raises(Unfit, match=why):
            FolderTarget(path, settings.PLACES)
    settings.PLACES.archives.mkdir(exist_ok=True)
    FolderTarget(settings.PLACES.archives, settings.PLACES)
