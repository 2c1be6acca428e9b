"""Trees that somebody laid as traps for the backup. A number in a test's name is a row of "Attacks to test"."""

from __future__ import annotations

import os
import socket
import tarfile
from pathlib import Path

import pytest

from apps.host.archive import site_tree
from apps.host.errors import Refused, Unavailable
from tests.host.archive.ground import FILE, SLUG, Ground, ground, listed, users
from tests.host.test_files import meanwhile
from tests.parts.tenants import AS_ROOT
from tests.parts.worker import wait_for

__all__ = ["ground", "users"]
CANARY = "canary-7c31-of-root"


@pytest.fixture
def secret(ground: Ground) -> Path:
    """A file that root alone may read, in a folder that everybody may enter."""
    file = ground.files.places.root / "secret"
    file.write_text(CANARY)
    file.chmod(0o600)
    return file


@AS_ROOT
def test_36_links_are_stored_as_links_and_nothing_behind_them(ground: Ground, secret: Path, tmp_path: Path) -> None:
    targets = ["/etc/shadow", "/root", str(secret), "/proc/1/environ", "..", "/"]
    ground.as_site(f"for number, target in enumerate({targets!r}): os.symlink(target, f'link{{number}}')")
    written = ground.saved()
    restored = ground.by_hand(tmp_path)
    found = listed(restored / "files" / "public")
    assert found == {f"link{number}": f"-> {target}" for number, target in enumerate(targets)}
    assert (written.files, written.links, written.warned) == (3, len(targets), 0)
    assert CANARY.encode() not in (tmp_path / "archive.tar.gz").read_bytes()


@AS_ROOT
def test_36_a_folder_that_becomes_a_link_again_and_again_leads_nowhere(
    ground: Ground, secret: Path, tmp_path: Path
) -> None:
    ground.as_site("os.mkdir('docs'); open('docs/a', 'w').write('mine'); open('file', 'w').write('mine')")
    swap = (
        "os.rename(d + '/docs', d + '/gone'); os.symlink(t, d + '/docs'); os.unlink(d + '/docs');"
        " os.rename(d + '/gone', d + '/docs'); os.rename(d + '/file', d + '/was');"
        " os.symlink(t + '/secret', d + '/file'); os.unlink(d + '/file'); os.rename(d + '/was', d + '/file')"
    )
    script = f"t, d = sys.argv[1:]; {swap}"
    with meanwhile(ground.owner, script, secret.parent, ground.site / "public"):
        for number in range(10):
            ground.saved()
            with_it = tmp_path / str(number)
            with_it.mkdir()
            for what in listed(ground.by_hand(with_it) / "files").values():
                assert what in (None, b"mine", b"") or str(what).startswith("-> "), what
            assert CANARY.encode() not in (with_it / "archive.tar.gz").read_bytes()


@AS_ROOT
def test_36_a_site_whose_public_is_a_link_is_refused(ground: Ground) -> None:
    (ground.site / "public").rmdir()
    (ground.site / "public").symlink_to("/etc")
    with pytest.raises(Refused, match="public is a link or a file where a folder belongs"):
        ground.saved()
    assert list(ground.path.parent.iterdir()) == []
    (ground.site / "public").unlink()
    (ground.site / "public").mkdir()


def test_37_what_is_no_file_is_left_out_and_told(ground: Ground, tmp_path: Path) -> None:
    ground.as_site("os.mkfifo('pipe'); open('closed', 'w').close(); os.chmod('closed', 0); os.mkdir('shut', 0)")
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(ground.site / "public" / "door"))
        written = ground.saved()
    assert set(listed(ground.by_hand(tmp_path) / "files" / "public")) <= {"closed", "shut"}
    told = {text.partition(":")[0]: text for text in written.warnings}
    assert "it is no file, folder or link" in told["public/pipe"]
    assert "it is no file, folder or link" in told["public/door"]
    if os.geteuid() == 0:
        assert "the site's user may not read it" in told["public/closed"]
        assert "the site's user may not read it" in told["public/shut"]
    (ground.site / "public" / "shut").chmod(0o700)


def test_37_holes_and_second_names_are_bounded(ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site_tree, "SURPLUS", 3_000_000)
    ground.as_site(
        "os.truncate(os.open('a huge hole', os.O_WRONLY | os.O_CREAT), 1 << 43)\n"
        "os.truncate(os.open('hole', os.O_WRONLY | os.O_CREAT), 1_000_000)\n"
        "open('it', 'wb').write(bytes(1_500_000))\n"
        "for number in range(100): os.link('it', f'name{number:02}')"
    )
    written = ground.saved()
    found = listed(ground.by_hand(tmp_path) / "files" / "public")
    assert found == {"hole": bytes(1_000_000), "it": bytes(1_500_000), "name00": bytes(1_500_000)}
    assert written.warned == 100
    assert all("mostly holes, or one of many names" in text for text in written.warnings)


def test_37_a_file_that_grows_without_end_is_saved_as_long_as_it_was(ground: Ground, tmp_path: Path) -> None:
    ground.as_site("open('log', 'w').write('begin')")
    script = "with open(sys.argv[1], 'ab') as file: file.write(b'x' * 65536)"
    log = ground.site / "public" / "log"
    with meanwhile(ground.owner, script, log):
        wait_for(lambda: log.stat().st_size > len("begin"))
        written = ground.saved()
    content = listed(ground.by_hand(tmp_path) / "files" / "public")["log"]
    assert isinstance(content, bytes)
    assert content.startswith(b"beginx")
    assert written.warnings == ["public/log: it was changed while it was read."]


def test_37_files_that_vanish_and_shrink_are_told(ground: Ground, tmp_path: Path) -> None:
    ground.as_site("for number in range(300): open(f'{number:03}', 'wb').write(b'x' * 300_000)")
    script = "import random; os.truncate(f'{sys.argv[1]}/{random.randrange(150):03}', 10)\n "
    script += "\n try: os.unlink(f'{sys.argv[1]}/{random.randrange(150, 300):03}')\n except OSError: pass"
    with meanwhile(ground.owner, script, ground.site / "public"):
        ground.saved()
    found = listed(ground.by_hand(tmp_path) / "files" / "public")
    assert found
    assert all(isinstance(what, bytes) and not what.strip(b"x\0") for what in found.values())
    with ground.archives.opened(SLUG, FILE, [ground.panels]) as archive:
        assert archive.verify()


def test_37_folders_too_deep_are_left_out_and_told(ground: Ground, tmp_path: Path) -> None:
    ground.as_site("for number in range(1500): os.mkdir('d'); os.chdir('d')")
    written = ground.saved()
    with tarfile.open(ground.by_hand(tmp_path) / "archive.tar.gz") as tar:
        deepest = max(name.count("/") for name in tar.getnames())
    assert 190 < deepest < 210
    assert written.warnings[0].endswith("it lies too deep, and was left out.")


def test_37_many_warnings_are_counted_and_few_are_kept(ground: Ground) -> None:
    ground.as_site("for number in range(1000): os.mkfifo(f'pipe\\x1b[31m{number}')")
    written = ground.saved()
    assert (written.warned, len(written.warnings)) == (1000, 200)
    assert all(text.isprintable() and len(text) <= 300 for text in written.warnings)


def test_a_site_that_is_larger_than_it_may_be_is_refused(ground: Ground) -> None:
    ground.as_site("open('large', 'wb').write(bytes(3_000_000))")
    with pytest.raises(Refused, match="more than the 2000000 bytes"):
        ground.saved(most=2_000_000)
    assert list(ground.path.parent.iterdir()) == []


LIES = {
    "leads out": b"f|public/../../etc/passwd",
    "absolute": b"f|/etc/passwd",
    "another root": b"d|tmp",
    "root that is a file": b"f|public",
    "not in its folder": b"d|public;f|public/a/b",
    "twice": b"d|public;f|public/a;f|public/a",
    "backwards": b"d|public;f|public/b;f|public/a",
    "in a file": b"d|public;f|public/a;f|public/a/b",
    "empty name": b"d|public;f|public//a",
    "NUL": b"d|public;f|public/a\0b",
    "long name": b"d|public;f|public/" + b"n" * 256,
    "unknown kind": b"d|public;z|public/a",
    "nothing": b"",
}


@pytest.mark.parametrize("lie", LIES)
def test_a_childs_word_that_is_no_tree_is_refused(
    lie: str, ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its program runs among the site's own, which may do with it what they like."""
    entries = [entry.split(b"|") for entry in LIES[lie].split(b";") if entry]
    head = "struct.pack('!cHHHqQ', kind, len(path), 0, 0, 0, 0) + path"
    liar = f"import struct, sys\nfor kind, path in {entries!r}: sys.stdout.buffer.write({head})\n"
    program = tmp_path / "liar.py"
    program.write_text(liar)
    monkeypatch.setattr(site_tree, "PROGRAM", program)
    with pytest.raises((Refused, Unavailable), match=r"no tree of files|could not be read to their end"):
        ground.saved()
    assert list(ground.path.parent.iterdir()) == []


def test_a_child_that_is_killed_leaves_no_archive(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "dies.py"
    program.write_text("import os; os.kill(os.getpid(), 9)")
    monkeypatch.setattr(site_tree, "PROGRAM", program)
    with pytest.raises(Unavailable, match="ended by signal 9"):
        ground.saved()
    assert list(ground.path.parent.iterdir()) == []
