"""What is saved comes back, by our own programs and without them. Numbers in names are rows of "Attacks to test"."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import stat
import subprocess
from pathlib import Path

import pytest

from apps.host.archive import sources
from apps.host.archive.forward import members_of
from apps.host.archive.reading import Archive
from apps.host.archive.stored_dump import StoredDump, databases
from apps.host.archive.unpacking import unpack_tree, within
from tests.host.archive.ground import DUMP, FILE, SLUG, Ground, ground, listed, users

__all__ = ["ground", "users"]

FILL = """
os.makedirs("deep/er", mode=0o750)
open("index.php", "w").write("<?php echo 1;")
open("deep/large.bin", "wb").write(os.urandom(3_500_000))
open("deep/er/large.txt", "wb").write(b"the same again and again\\n" * 200_000)
open("empty", "w")
open(b"not utf-8: \\xff\\xfe", "w").write("x")
open("n" * 255, "w").write("longest")
os.makedirs("/".join(["p" * 90] * 4))
open("/".join(["p" * 90] * 4 + ["end"]), "w").write("far")
os.symlink("/etc/shadow", "shadow")
os.symlink("t" * 300, "far away")
os.symlink("deep", "folder")
os.chmod("index.php", 0o4775)
os.utime("index.php", (1_600_000_000, 1_600_000_000))
"""


def test_it_is_restored_by_age_and_tar_alone(ground: Ground, tmp_path: Path) -> None:
    ground.as_site(FILL)
    written = ground.saved()
    restored = ground.by_hand(tmp_path)
    for root in ("public", "private"):
        assert listed(restored / "files" / root) == listed(ground.site / root)
    assert (restored / "files/public/index.php").stat().st_mtime == 1_600_000_000
    assert (restored / "database/fp_shop.sql.00001").read_bytes() == DUMP
    assert json.loads((restored / "manifest.json").read_text()) == {"format": 1, "slug": SLUG}
    assert "mariadb --sandbox --binary-mode" in (restored / "README.txt").read_text()
    assert (written.warned, written.files, written.links) == (0, 10, 3)
    assert written.content == len(gzip.decompress((tmp_path / "archive.tar.gz").read_bytes())) - tail_of(restored)


def tail_of(restored: Path) -> int:
    """What the index takes of the tar."""
    size = (restored / "index.json").stat().st_size
    return 512 + size + -size % 512 + 1024


def test_gzip_and_tar_find_nothing_wrong_with_it(ground: Ground) -> None:
    ground.as_site(FILL)
    ground.saved(recipients=[])
    with ground.path.open("rb") as stored:
        for argv in (["gzip", "--test", "--quiet"], ["igzip", "-dc"], ["tar", "tzf", "-"]):
            stored.seek(0)
            subprocess.run(argv, stdin=stored, check=True, capture_output=True)


def test_what_is_written_down_of_it_is_so(ground: Ground) -> None:
    ground.as_site(FILL)
    written = ground.saved()
    stored = ground.path.read_bytes()
    assert (written.size, written.sha256) == (len(stored), hashlib.sha256(stored).hexdigest())
    assert ground.archives.sha256(SLUG, FILE) == written.sha256
    found = ground.path.stat()
    assert (stat.S_IMODE(found.st_mode), found.st_uid) == (0o600, os.geteuid())
    assert stat.S_IMODE(ground.path.parent.stat().st_mode) == 0o700
    assert [path.name for path in ground.path.parent.iterdir()] == [FILE]


def test_each_file_is_found_by_its_path(ground: Ground) -> None:
    ground.as_site(FILL)
    ground.saved()
    with ground.archives.opened(SLUG, FILE, [ground.panels]) as archive:
        assert archive.manifest() == {"format": 1, "slug": SLUG}
        for path, content in listed(ground.site / "public").items():
            entry = archive.find(f"files/public/{path}")
            if isinstance(content, bytes):
                assert b"".join(archive.content(entry)) == content
            else:
                assert entry.target == str(content or "")[len("-> ") :]
        assert [entry.path for entry in archive.index.below("files/public/deep/er")] == [
            "files/public/deep/er", "files/public/deep/er/large.txt",
        ]  # fmt: skip


@pytest.mark.parametrize("ahead", [True, False], ids=["indexed", "from its beginning on"])
def test_it_comes_back_into_a_folder_of_the_site(ground: Ground, ahead: bool) -> None:
    ground.as_site(FILL)
    ground.saved()
    ground.asides.make(SLUG, 7, ground.owner)
    aside = ground.asides.path(SLUG, 7)
    with ground.archives.file(SLUG, FILE) as file:
        keys = [ground.administrators]
        members = Archive(file, keys).members() if ahead else members_of(_chunks(file), keys)
        done = unpack_tree(members, ground.owner, aside, within("files"))
    assert listed(aside / "public") == listed(ground.site / "public")
    assert (done.files, done.links) == (7, 3)
    script = (aside / "public/index.php").stat()
    assert (stat.S_IMODE(script.st_mode), script.st_uid, script.st_mtime) == (0o755, ground.owner.uid, 1_600_000_000)
    ground.asides.remove(SLUG, 7, ground.owner)


def _chunks(file: sources.LocalFile) -> list[bytes]:
    return [file.read_at(at, 100_000) for at in range(0, file.size, 100_000)]


def test_a_dump_comes_back_whole(ground: Ground) -> None:
    dump = b"".join(b"INSERT INTO t VALUES (%d, '%s');\n" % (number, b"x" * 900) for number in range(7000))
    written = ground.saved(databases={"fp_shop": [dump[at : at + 65_536] for at in range(0, len(dump), 65_536)]})
    assert written.databases["fp_shop"].bytes == len(dump)
    assert written.databases["fp_shop"].parts > 2
    with ground.archives.opened(SLUG, FILE, [ground.panels]) as archive:
        assert databases(archive) == ["fp_shop"]
        assert b"".join(StoredDump(archive, "fp_shop").sql()) == dump
        assert archive.verify()[0] == written.files + written.folders + written.links
