"""Zips from elsewhere: as the tar of the same tree, or refused. A number in a name is a row of the attacks."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.host.archive.archives import Archives
from apps.host.archive.faults import Damaged, Hostile
from apps.host.archive.tar_reading import Limits
from apps.host.archive.unpacking import unpack_tree, within
from apps.host.archive.ustar import FILE, FOLDER, LINK
from apps.host.arriving.looking import look
from apps.host.arriving.reading import limits_of
from apps.host.errors import Refused
from tests.host.archive.ground import FILE as ARCHIVE
from tests.host.archive.ground import SLUG, Ground, ground, listed, users
from tests.host.archive.tars import Entry, file, folder, link, tar
from tests.host.archive.test_arriving import DUMP, INSIDE, OTHERS, archives, converted, inside, paths, seen
from tests.host.archive.test_hostile_archives import SLIPS
from tests.host.archive.zips import KINDS, WINDOWS, changed, entries_of, table_of, zipped

__all__ = ["archives", "ground", "users"]
HOME = "backup-7.1_shop/homedir/"
CPANEL: tuple[Entry, ...] = (
    *(file(f"{HOME}public_html/{path}", content) for path, content in INSIDE),
    file("backup-7.1_shop/mysql/shop_live.sql", DUMP),
    file(f"{HOME}mail/inbox"),
    link(f"{HOME}www", "public_html"),
    folder(f"{HOME}empty"),
)
SMALL = zipped(file("index.php", b"<?php " + bytes(500)), link("l", "index.php"), folder("d"), file("d/e", b""))


@pytest.mark.parametrize("name", ["cpanel", *OTHERS])
def test_what_is_found_in_a_zip_is_what_is_found_in_the_tar_of_the_same_tree(name: str) -> None:
    entries = CPANEL if name == "cpanel" else OTHERS[name][0]
    assert seen(zipped(*entries)) == seen(tar(*entries))


def test_and_so_is_what_becomes_of_it(archives: Archives) -> None:
    of_the_tar = converted(archives, tar(*CPANEL)), paths(archives)
    assert (converted(archives, zipped(*CPANEL)), paths(archives)) == of_the_tar


OPTIONS = {
    "plain": [],
    "stored": ["-0"],
    "with zip64": ["-fz"],
    "with a comment": ["-z"],
    "without more than DOS knows": ["-X"],
    "to a pipe": [],
}
"""To a pipe it writes sizes behind what they are of, and no links."""


@pytest.mark.parametrize("option", OPTIONS)
def test_what_zip_itself_writes_is_read(option: str, tmp_path: Path) -> None:
    tree, packed, flowing = tmp_path / "tree", tmp_path / "t.zip", option == "to a pipe"
    (tree / "wp").mkdir(parents=True)
    (tree / "wp/ü.php").write_bytes(b"<?php " + bytes(3 << 20))
    (tree / "wp/noise").write_bytes(os.urandom(3 << 20))
    if not flowing:
        (tree / "l").symlink_to("wp/ü.php")
    (tree / "wp/noise").chmod(0o600)
    os.utime(tree / "wp/noise", (1_700_000_000, 1_700_000_000))
    to = "-" if flowing else packed
    done = subprocess.run(
        ["zip", "-qry", *OPTIONS[option], to, "."], cwd=tree, input=b"words\n.\n", capture_output=True, check=True
    )
    content = done.stdout if flowing else packed.read_bytes()
    found = {}
    for member in inside(content):
        found[os.fsdecode(member.path)] = (member.kind, member.mode, member.target, b"".join(member.content))
        if member.path == b"wp/noise" and option != "without more than DOS knows":
            assert member.mtime == 1_700_000_000
    assert found.pop("wp")[:2] == (FOLDER, 0o755)
    assert found.pop("l", None) == (None if flowing else (LINK, 0o777, "wp/ü.php".encode(), b""))
    assert found == {
        "wp/ü.php": (FILE, 0o644, b"", (tree / "wp/ü.php").read_bytes()),
        "wp/noise": (FILE, 0o600, b"", (tree / "wp/noise").read_bytes()),
    }


def test_entries_come_as_they_lie_there_whatever_their_table_s_order_is() -> None:
    packed, begins = zipped(file("a"), file("b"), file("c")), 0
    places, begins = entries_of(packed), table_of(packed)
    ending = packed[-22:]
    size = places[1] - places[0]
    turned = b"".join(packed[at : at + size] for at in reversed(places))
    assert [member.path for member in inside(packed[:begins] + turned + ending)] == [b"a", b"b", b"c"]


SAYABLE = {name: slip for name, slip in SLIPS.items() if all(kind in KINDS for _, kind, _ in slip)}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("slip", SAYABLE)
def test_40_what_no_site_s_archive_holds_is_refused_at_the_look_or_by_the_unpacking(
    slip: str, ground: Ground, archives: Archives
) -> None:
    packed = zipped(file("files/public/index.php"), *SLIPS[slip])
    try:
        converted(archives, packed)
    except Refused:
        assert not archives.exists(SLUG, ARCHIVE)
        return
    ground.asides.make(SLUG, 1, ground.owner)
    with archives.opened(SLUG, ARCHIVE, []) as archive, pytest.raises(Refused):
        unpack_tree(archive.members(), ground.owner, ground.asides.path(SLUG, 1), within("files"))
    ground.asides.remove(SLUG, 1, ground.owner)


def a_bomb(says: int) -> bytes:
    """64 MB of zeros in 64 kB, of which its table says another size."""
    packed = zipped(file("index.php", bytes(64 << 20)))
    return changed(packed, table_of(packed) + 24, "<L", says)


def test_40_a_bomb_is_refused_before_it_is_read_if_it_says_so_and_as_it_grows_if_not() -> None:
    honest, lying = a_bomb((4 << 30) - 2), a_bomb(1000)
    with pytest.raises(Hostile, match="more than"):
        look(inside(honest, limits_of(len(honest), 1 << 40)))
    with pytest.raises(Hostile, match="larger than the archive says"):
        look(inside(lying))
    with pytest.raises(Damaged):
        look(inside(a_bomb(65 << 20)))


def test_40_entries_that_lie_over_each_other_are_refused() -> None:
    """As in the bomb that unpacks to 281 TB out of 10 MB: every entry is the same content."""
    packed = zipped(file("a", bytes(1000)), file("b", bytes(1000)))
    second = entries_of(packed)[1]
    with pytest.raises(Hostile, match="lies over something else"):
        look(inside(changed(packed, second + 42, "<L", 0)))
    first, until = packed.index(b"PK\x03\x04"), packed.index(b"PK\x03\x04", 4)
    quoting = changed(packed, entries_of(packed)[0] + 20, "<L", until - first - 31 + 60)
    with pytest.raises(Hostile, match="lies over something else"):
        for member in inside(quoting):
            member.content = iter(())
    with pytest.raises(Refused):
        look(inside(quoting))
    last = changed(packed, second + 20, "<L", 5000)
    with pytest.raises(Hostile, match="lies over something else"):
        look(inside(last))


def test_37_one_of_a_million_names_and_more_is_refused() -> None:
    packed = zipped(*(file(f"{number}", b"") for number in range(300)))
    with pytest.raises(Hostile, match="more than 200 entries"):
        look(inside(packed, Limits(members=200)))
    large = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 5, 5, 1 << 50, 0)
    place = struct.pack("<4sLQL", b"PK\x06\x07", 0, 0, 1)
    with pytest.raises(Damaged):
        look(inside(SMALL[:-22] + large + place + SMALL[-22:]))


def test_37_names_that_are_long_or_no_text_are_kept(archives: Archives, ground: Ground) -> None:
    names = ["n" * 255, "new\nline", "ü" * 127]
    packed = zipped(file("public_html/index.php"), *(file(f"public_html/{name}") for name in (*names, "bXd")))
    converted(archives, packed.replace(b"bXd", b"b\xfdd"))
    ground.asides.make(SLUG, 1, ground.owner)
    with archives.opened(SLUG, ARCHIVE, []) as archive:
        unpack_tree(archive.members(), ground.owner, ground.asides.path(SLUG, 1), within("files"))
    assert {f"public/{name}" for name in (*names, "b\udcfdd")} <= set(listed(ground.asides.path(SLUG, 1)))
    ground.asides.remove(SLUG, 1, ground.owner)


def test_names_that_windows_wrote_are_read_as_it_meant_them() -> None:
    packed = zipped(file("wp\\Bcher.txt"), file("a/b\\c"), file("x.txt"), system=WINDOWS)
    packed = packed.replace(b"Bcher", b"B\x81che").replace(b"x.txt", b"\xff.txt")
    assert [os.fsdecode(one.path) for one in inside(packed)] == ["wp/Büche.txt", "a/b\\c", "\xa0.txt"]
    for slip in ("..\\..\\evil", "\\etc\\evil"):
        with pytest.raises(Hostile, match="lead out"):
            list(inside(zipped(file(slip), system=WINDOWS)))


def test_a_windows_zip_has_no_links_and_modes_of_its_own() -> None:
    packed = zipped(file("d/a"), folder("d/e"), system=WINDOWS)
    assert [(one.kind, one.mode) for one in inside(packed)] == [(FILE, 0o644), (FOLDER, 0o755)]


def with_a_password(tmp_path: Path) -> bytes:
    (tmp_path / "index.php").write_text("<?php")
    subprocess.run(["zip", "-qP", "secret", "x.zip", "index.php"], cwd=tmp_path, check=True)
    return (tmp_path / "x.zip").read_bytes()


def test_one_that_is_locked_by_a_password_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"^index.php is locked by a password. Pack the archive anew, without one.$"):
        look(inside(with_a_password(tmp_path)))
    aes = changed(SMALL, table_of(SMALL) + 10, "<H", 99)
    with pytest.raises(Refused, match="locked by a password"):
        look(inside(aes))


@pytest.mark.parametrize(
    ("packed", "sentence"),
    [
        (zipped(), "Nothing of a site is in this archive"),
        (zipped(file("a"), method=zipfile.ZIP_BZIP2), "a is packed by bzip2. Pack the archive anew"),
        (zipped(file("a"), method=zipfile.ZIP_LZMA), "a is packed by LZMA. Pack the archive anew"),
        (changed(SMALL, table_of(SMALL) + 10, "<H", 77), "packed by method 77"),
        (changed(SMALL, len(SMALL) - 18, "<H", 1), "one of several parts"),
        (changed(SMALL, table_of(SMALL) + 16, "<L", 1), "is damaged"),
        (changed(SMALL, 30, "<B", 88), "is damaged"),
        (SMALL[:-22] + b"x" + SMALL[-22:], "is damaged"),
        (SMALL + b"x", "is damaged"),
        (SMALL[:-1], "cut short"),
    ],
    ids=["empty", "bzip2", "lzma", "unknown", "parts", "sum", "another name", "between", "behind", "cut"],
)
def test_what_nobody_can_unpack_is_refused_in_a_sentence(packed: bytes, sentence: str, archives: Archives) -> None:
    with pytest.raises(Refused, match=sentence):
        converted(archives, packed)


def broken() -> Iterator[bytes]:
    """A small one, cut at every place, and with every byte changed."""
    for at in range(4, len(SMALL)):
        yield SMALL[:at]
        for other in (0, 255, SMALL[at] ^ 1, SMALL[at] ^ 128):
            yield changed(SMALL, at, "<B", other)


def test_43_one_that_was_cut_or_changed_anywhere_is_refused_or_whole() -> None:
    """Nothing proves a version, a date, or whether one is a link; each content is what was written."""
    contents, refused = {b"<?php " + bytes(500), b"index.php", b""}, 0
    for packed in broken():
        try:
            found = [b"".join(member.content) for member in inside(packed)]
        except Refused:
            refused += 1
            continue
        assert (len(found), set(found) <= contents) == (4, True)
    assert refused > len(SMALL)


def test_a_date_that_is_none_is_a_date_all_the_same() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr(zipfile.ZipInfo("a"), b"x")
    for day in (0, 0xFFFF):
        packed = changed(out.getvalue(), table_of(out.getvalue()) + 14, "<H", day)
        assert [member.mtime > 0 for member in inside(packed)] == [True]
