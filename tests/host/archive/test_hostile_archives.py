"""Archives that somebody made to get out of their folder, or into a machine's memory. Numbers in names are rows."""

from __future__ import annotations

import gzip
import os
import stat
import tarfile
from pathlib import Path

import pytest

from apps.host.archive.faults import Damaged, Hostile
from apps.host.archive.forward import members_of
from apps.host.archive.tar_reading import Limits, members
from apps.host.archive.unpacking import unpack_tree, within
from apps.host.errors import Refused
from tests.host.archive.ground import SLUG, Ground, ground, listed, users
from tests.host.archive.tars import Entry, chunks, file, folder, link, of_kind, tar

__all__ = ["ground", "users"]
UP = "../" * 20
LONG = "/".join(["d" * 250] * 15)

SLIPS: dict[str, tuple[Entry, ...]] = {
    "absolute": (file("/etc/evil"),),
    "dots": (file("files/../../evil"),),
    "dots as a folder": (folder("files/.."),),
    "a link and through it": (link("files/public/a", "/etc"), file("files/public/a/evil")),
    "through it and a link": (file("files/public/a/evil"), link("files/public/a", "/etc")),
    "a link to above and through it": (link("files/public/a", ".."), file("files/public/a/evil")),
    "a link through a link": (link("files/public/a", "/etc"), link("files/public/a/b", "x")),
    "a link in place of the root": (link("files/public", "/etc"), file("files/public/evil")),
    "CVE-2025-4517": (
        *(folder("files/public/" + "/".join(["d" * 247] * number)) for number in range(1, 17)),
        link(f"files/public/{LONG}/l", UP),
        link("files/public/escape", f"{LONG}/l/../../../../../etc"),
        of_kind("files/public/hard", tarfile.LNKTYPE, "files/public/escape/passwd"),
        file("files/public/escape/evil"),
    ),
    "hard link out": (of_kind("files/public/a", tarfile.LNKTYPE, "/etc/shadow"),),
    "hard link in": (file("files/public/a"), of_kind("files/public/b", tarfile.LNKTYPE, "files/public/a")),
    "device": (of_kind("files/public/a", tarfile.CHRTYPE),),
    "block device": (of_kind("files/public/a", tarfile.BLKTYPE),),
    "pipe": (of_kind("files/public/a", tarfile.FIFOTYPE),),
    "sparse": (of_kind("files/public/a", tarfile.GNUTYPE_SPARSE),),
    "twice": (file("files/public/a"), file("files/public/a")),
    "file and folder": (file("files/public/a"), file("files/public/a/b")),
    "folder and file": (folder("files/public/a"), file("files/public/a")),
    "link twice": (link("files/public/a", "x"), link("files/public/a", "y")),
    "too deep": (file("files/public/" + "a/" * 300 + "b"),),
    "too long": (file("files/public/" + "/".join(["d" * 250] * 20)),),
    "name too long": (file("files/public/" + "n" * 256),),
    "link to nowhere": (link("files/public/a", ""),),
    "link too far": (link("files/public/a", "t" * 5000),),
}


@pytest.fixture
def aside(ground: Ground) -> Path:
    ground.as_site("open('index.php', 'w').write('live')")
    ground.asides.make(SLUG, 1, ground.owner)
    return ground.asides.path(SLUG, 1)


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT], ids=["pax", "gnu"])
@pytest.mark.parametrize("slip", SLIPS)
def test_40_what_leads_out_is_refused_and_nothing_live_changes(
    slip: str, form: int, ground: Ground, aside: Path
) -> None:
    live = listed(ground.site)
    packed = tar(file("files/public/before"), *SLIPS[slip], form=form)
    with pytest.raises(Refused):
        unpack_tree(members_of(chunks(packed)), ground.owner, aside, within("files"))
    assert listed(ground.site) == live
    for outside in ("/etc/evil", "/evil", ground.files.places.root / "evil", aside / "evil"):
        assert not os.path.lexists(outside)
    assert {path.name for path in ground.files.places.root.iterdir()} <= {"sites", "logs", "aside", "run", "cache"}
    ground.asides.remove(SLUG, 1, ground.owner)
    assert not aside.exists()


def test_40_modes_that_could_hurt_are_not_taken_over(ground: Ground, aside: Path) -> None:
    entries = file("files/public/a"), folder("files/public/d")
    unpack_tree(members_of(chunks(tar(*entries, mode=0o7777))), ground.owner, aside, within("files"))
    for name in ("a", "d"):
        found = (aside / "public" / name).lstat()
        assert (stat.S_IMODE(found.st_mode), found.st_uid) == (0o755, ground.owner.uid)


def test_40_a_bomb_is_stopped_by_what_it_announces(ground: Ground, aside: Path) -> None:
    bomb = tar(file("files/public/bomb", bytes(64 << 20)))
    assert len(bomb) < 400_000
    limits = Limits(bytes=10 << 20)
    with pytest.raises(Hostile, match="more than 5,000,000 entries or 10,485,760 bytes"):
        unpack_tree(members_of(chunks(bomb), limits=limits), ground.owner, aside, within("files"))
    assert not (aside / "public" / "bomb").exists()


def test_40_too_many_entries_are_stopped() -> None:
    packed = tar(*(file(f"files/{number}", b"") for number in range(50)))
    with pytest.raises(Hostile, match="more than 40 entries"):
        list(members_of(chunks(packed), limits=Limits(members=40)))


def test_40_words_before_an_entry_are_bounded() -> None:
    one = tarfile.TarInfo("x")
    one.pax_headers = {"comment": "c" * (2 << 20)}
    with pytest.raises(Hostile, match="more words before an entry"):
        list(members([one.tobuf(tarfile.PAX_FORMAT)]))
    one.pax_headers = {"comment": "c"}
    words = one.tobuf(tarfile.PAX_FORMAT)[:-512]
    with pytest.raises(Hostile, match="more words before an entry"):
        list(members([words] * 10_000))


def test_40_a_size_that_lies_is_no_way_past_the_limits() -> None:
    one = tarfile.TarInfo("x")
    one.size = 1 << 60
    for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        with pytest.raises(Hostile, match="more than"):
            list(members([one.tobuf(form), bytes(10_000)]))
    one.pax_headers = {"size": "-5"}
    assert [
        member.size
        for member in members([one.tobuf(tarfile.PAX_FORMAT)[:1024], tarfile.TarInfo("y").tobuf(), bytes(512)])
    ] == [0]


def test_40_folders_and_links_without_end_are_stopped(ground: Ground, aside: Path) -> None:
    many = (link(f"files/public/{number:06}", "t" * 4000) for number in range(17_000))
    with pytest.raises(Refused, match="more folders and links than a site may have"):
        unpack_tree(members_of(chunks(tar(*many))), ground.owner, aside, within("files"))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "cut short"),
        (b"<html>" * 1000, "no tar"),
        (gzip.compress(b"<html>" * 1000), "no tar"),
        (tar(file("a", os.urandom(100_000)))[:60_000], "cut short"),
        (tar(file("a"))[:-9], "cut short"),
        (b"PK\x03\x04" + bytes(1000), "packed by zip"),
        (b"\x28\xb5\x2f\xfd" + bytes(1000), "packed by zstd"),
    ],
    ids=["nothing", "a page", "a packed page", "cut", "cut at its end", "zip", "zstd"],
)
def test_what_is_no_archive_is_refused_with_a_sentence(content: bytes, why: str) -> None:
    with pytest.raises(Refused, match=why):
        list(members_of(chunks(content)))


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_an_archive_from_elsewhere_is_taken(form: int, ground: Ground, aside: Path) -> None:
    entries = [folder("./"), folder("./site"), file("./site/" + "n" * 90), link("./site/l", "n"), file("./site/a b/ü")]
    if form != tarfile.USTAR_FORMAT:
        entries += [file("./site/" + "/".join(["p" * 120] * 3), b"far"), link("./site/m", "t" * 200)]
    packed = tar(*entries, form=form)
    for content in (packed, gzip.decompress(packed)):
        ground.asides.remove(SLUG, 1, ground.owner)
        ground.asides.make(SLUG, 1, ground.owner)
        unpack_tree(members_of(chunks(content, 1000)), ground.owner, aside / "public", within("site"))
        found = listed(aside / "public")
        assert found["n" * 90] == found["a b/ü"] == b"x"
        assert found["l"] == "-> n"
        assert len(found) == (4 if form == tarfile.USTAR_FORMAT else 8)


def test_a_changed_byte_of_a_header_is_seen() -> None:
    plain = bytearray(gzip.decompress(tar(file("a"))))
    plain[3] ^= 1
    with pytest.raises(Damaged, match="is no tar"):
        list(members([bytes(plain)]))
