"""Files and folders of sites, with real users. A number in a test's name is a row of "Attacks to test"."""

from __future__ import annotations

import os
import stat
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from apps.host import as_tenant as starter
from apps.host import files as driver
from apps.host.command import Identity
from apps.host.errors import Refused, Unavailable
from apps.host.files import Files
from apps.host.travelling import one_text
from apps.host.users import Users
from frankenpanel.places import Places
from tests.parts.crashes import killed_at, points
from tests.parts.disks import small_disk
from tests.parts.ground import open_folder
from tests.parts.tenants import AS_ROOT, instance, owner, places_in

CONFIG = "public/wp-config.php"
CANARY = "canary-5f1d-password"


@pytest.fixture(scope="module")
def users() -> Iterator[Users]:
    with instance() as users:
        yield users


@pytest.fixture
def mine(users: Users) -> Identity:
    return owner(users, 1)


@pytest.fixture
def neighbour(users: Users) -> Identity:
    return owner(users, 2)


@pytest.fixture
def places(users: Users) -> Iterator[Places]:
    with open_folder() as folder:
        yield places_in(folder, users.places.instance)


@pytest.fixture
def files(places: Places) -> Files:
    return Files(places)


@pytest.fixture
def site(files: Files, mine: Identity) -> Iterator[Path]:
    files.make_site("shop", mine)
    yield files.places.site("shop")
    files.remove_site("shop", mine)


@pytest.fixture
def elsewhere(places: Places) -> Path:
    """A folder that root alone may enter, with a file that root alone may write."""
    folder = places.root / "elsewhere"
    folder.mkdir(mode=0o700)
    (folder / "x").write_text("root's own")
    return folder


def rights(path: Path) -> tuple[str, int, int]:
    found = path.lstat()
    return stat.filemode(found.st_mode), found.st_uid, found.st_gid


def tree(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def run_as(owner: Identity, script: str, *arguments: str | Path) -> subprocess.Popen[bytes]:
    """What a tenant does on its own account."""
    argv = ["/usr/bin/python3", "-I", "-S", "-c", "import os, sys, time\n" + script, *map(str, arguments)]
    groups: list[int] = []
    return subprocess.Popen(argv, user=owner.uid, group=owner.gid, extra_groups=groups, cwd="/", stderr=-3)


def done_as(owner: Identity, script: str, *arguments: str | Path) -> int:
    return run_as(owner, script, *arguments).wait()


@contextmanager
def meanwhile(owner: Identity, script: str, *arguments: str | Path) -> Iterator[None]:
    """A tenant's program that goes on as long as the block."""
    with run_as(owner, f"while True:\n {script}", *arguments) as program:
        try:
            yield
        finally:
            program.kill()


# -- a site's folders


def test_a_sites_folders_are_made_with_their_rights(files: Files, mine: Identity) -> None:
    us, gid = os.geteuid(), mine.gid
    assert not files.site_exists("shop")
    files.make_site("shop", mine)
    site, logs = files.places.site("shop"), files.places.logs("shop")
    assert files.site_exists("shop")
    assert rights(site) == rights(logs) == ("drwxr-x---", us, gid)
    for inner in (site / "public", site / "private", logs / "site"):
        assert rights(inner) == ("drwxr-x---", mine.uid, gid)
    assert rights(site / "tmp") == rights(site / "tmp" / "sessions") == ("drwx------", mine.uid, gid)
    files.remove_site("shop", mine)
    assert not files.site_exists("shop")
    assert tree(files.places.root / "sites") == tree(files.places.root / "logs") == []


@pytest.mark.parametrize("umask", [0o000, 0o077, 0o777])
def test_the_rights_do_not_depend_on_the_umask(files: Files, mine: Identity, umask: int) -> None:
    before = os.umask(umask)
    try:
        files.make_site("shop", mine)
        files.write_as(mine, "shop", CONFIG, "x")
        files.write(files.places.root / "sites" / "note", "x", 0o644)
    finally:
        os.umask(before)
    site = files.places.site("shop")
    assert rights(site)[0] == rights(site / "public")[0] == "drwxr-x---"
    assert rights(site.parent)[0] == "drwx--x--x"
    assert rights(site / CONFIG)[0] == "-rw-r-----"
    assert rights(site.parent / "note")[0] == "-rw-r--r--"
    files.remove_site("shop", mine)


def test_making_and_removing_may_be_done_twice(files: Files, mine: Identity) -> None:
    for _ in range(2):
        files.make_site("shop", mine)
    files.write_as(mine, "shop", CONFIG, "kept")
    files.make_site("shop", mine)
    assert files.read_as(mine, "shop", CONFIG) == b"kept"
    for _ in range(2):
        files.remove_site("shop", mine)


@pytest.mark.parametrize("point", points("files.folder-", "files.site"))
def test_a_crash_is_made_good_by_either_way(files: Files, mine: Identity, point: str) -> None:
    def fill() -> None:
        files.make_site("shop", mine)
        files.write_as(mine, "shop", CONFIG, "x")

    killed = [killed_at(point, fill)]
    fill()
    killed.append(killed_at(point, lambda: files.remove_site("shop", mine)))
    fill()
    killed.append(killed_at(point, lambda: files.remove_site("shop", mine)))
    files.remove_site("shop", mine)
    killed.append(killed_at(point, fill))
    files.remove_site("shop", mine)
    assert any(killed)
    assert tree(files.places.root / "sites") == tree(files.places.root / "logs") == []


@AS_ROOT
def test_a_site_cannot_change_its_own_folder_nor_enter_anothers(
    site: Path, mine: Identity, neighbour: Identity
) -> None:
    assert done_as(mine, "open(sys.argv[1], 'w')", site / "public" / "x") == 0
    assert done_as(mine, "open(sys.argv[1], 'w')", site / "x") == 1
    assert done_as(mine, "os.rename(*sys.argv[1:])", site / "public", site / "other") == 1
    assert done_as(mine, "os.listdir(sys.argv[1])", site.parent) == 1
    assert done_as(neighbour, "os.listdir(sys.argv[1])", site) == 1
    assert done_as(neighbour, "open(sys.argv[1])", site / "public" / "x") == 1


@pytest.mark.parametrize("where", ["site", "logs"])
@pytest.mark.parametrize("what", ["folder", "file", "link"])
def test_what_the_panel_did_not_make_is_neither_taken_over_nor_removed(
    files: Files, mine: Identity, elsewhere: Path, where: str, what: str
) -> None:
    path: Path = getattr(files.places, where)("shop")
    path.parent.mkdir()
    if what == "folder":
        path.mkdir()
        (path / "theirs").write_text("theirs")
    elif what == "file":
        path.write_text("theirs")
    else:
        path.symlink_to(elsewhere)
    assert files.site_exists("shop")
    before = tree(path.parent)
    for act in (files.make_site, files.remove_site):
        with pytest.raises(Refused, match="move it away and try again"):
            act("shop", mine)
    assert [one for one in tree(path.parent) if not one.startswith(".")] == before
    assert (elsewhere / "x").read_text() == "root's own"


def test_what_somebody_put_into_a_sites_folder_stops_its_removal_before_anything_is_lost(
    files: Files, mine: Identity, site: Path
) -> None:
    files.write_as(mine, "shop", CONFIG, "kept")
    (site / "notes.txt").write_text("mine")
    with pytest.raises(Refused, match=r"holds notes\.txt, which the panel did not make"):
        files.remove_site("shop", mine)
    assert files.read_as(mine, "shop", CONFIG) == b"kept"
    (site / "notes.txt").unlink()


def test_the_workers_own_logs_go_with_the_site(files: Files, mine: Identity) -> None:
    files.make_site("shop", mine)
    for name in ("worker.log", "worker.log.1"):
        (files.places.logs("shop") / name).touch()
    files.remove_site("shop", mine)
    assert not files.site_exists("shop")


@AS_ROOT
def test_a_site_that_does_not_fit_is_not_begun(files: Files, mine: Identity, places: Places) -> None:
    (places.root / "sites").mkdir()
    with small_disk(places.root / "sites", 1 << 15):
        with pytest.raises(Refused, match=r"65536 bytes are needed and \d+ are free"):
            files.make_site("shop", mine)
        assert tree(places.root / "sites") == []


def test_root_never_touches_a_sites_files_itself(files: Files, site: Path) -> None:
    root = Identity("root", 0, 0)
    with pytest.raises(Refused, match="never touched as root"):
        files.write_as(root, "shop", CONFIG, "x")
    assert not (site / CONFIG).exists()


# -- a site's files


def test_a_file_is_written_whole_as_the_sites_own(files: Files, mine: Identity, site: Path) -> None:
    files.write_as(mine, "shop", CONFIG, "grüße")
    files.write_as(mine, "shop", CONFIG, "neue grüße")
    files.write_as(mine, "shop", "private/.env", "A=1", 0o600)
    assert (site / CONFIG).read_text() == "neue grüße"
    assert rights(site / CONFIG) == ("-rw-r-----", mine.uid, mine.gid)
    assert rights(site / "private" / ".env") == ("-rw-------", mine.uid, mine.gid)
    assert tree(site / "public") == ["wp-config.php"]
    assert files.read_as(mine, "shop", CONFIG) == "neue grüße".encode()


def test_33_a_file_has_its_mode_before_it_has_its_content(files: Files, mine: Identity, site: Path) -> None:
    modes, going = set(), True

    def watch() -> None:
        while going:
            for path in (site / "public").iterdir():
                with suppress(FileNotFoundError):  # it has just been renamed
                    modes.add(stat.filemode(path.lstat().st_mode))

    watcher = threading.Thread(target=watch)
    watcher.start()
    files.write_as(mine, "shop", CONFIG, "x" * 20_000_000, 0o600)
    going = False
    watcher.join()
    assert modes == {"-rw-------"}


def test_35_what_is_written_is_in_nobodys_arguments(files: Files, mine: Identity, site: Path) -> None:
    seen, going = [], True

    def watch() -> None:
        while going:
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.append(CANARY.encode() in path.read_bytes())
                except OSError:
                    continue

    watcher = threading.Thread(target=watch)
    watcher.start()
    files.write_as(mine, "shop", CONFIG, CANARY + "x" * 10_000_000)
    going = False
    watcher.join()
    assert seen
    assert not any(seen)


def test_what_a_crash_left_beside_the_file_is_replaced(files: Files, mine: Identity, site: Path) -> None:
    files.write_as(mine, "shop", "public/.wp-config.php.new", "half a fi")
    files.write_as(mine, "shop", CONFIG, "whole")
    assert tree(site / "public") == ["wp-config.php"]


@AS_ROOT
@pytest.mark.parametrize("target", ["/etc/cron.d/frankenpanel-test", "x"])
def test_34_a_link_instead_of_the_file_is_an_error_and_its_target_untouched(
    files: Files, mine: Identity, site: Path, elsewhere: Path, target: str
) -> None:
    assert done_as(mine, "os.symlink(*sys.argv[1:])", elsewhere / target, site / CONFIG) == 0
    for act in (lambda: files.write_as(mine, "shop", CONFIG, "x"), lambda: files.read_as(mine, "shop", CONFIG)):
        with pytest.raises(Refused, match=r"wp-config\.php is a link or a folder where a file belongs"):
            act()
    assert not Path("/etc/cron.d/frankenpanel-test").exists()
    assert (elsewhere / "x").read_text() == "root's own"


@AS_ROOT
def test_34_a_link_instead_of_a_folder_on_the_way_is_an_error(
    files: Files, mine: Identity, site: Path, elsewhere: Path
) -> None:
    assert done_as(mine, "os.symlink(*sys.argv[1:])", elsewhere, site / "public" / "sub") == 0
    for act in (
        lambda: files.write_as(mine, "shop", "public/sub/x", "y"),
        lambda: files.read_as(mine, "shop", "public/sub/x"),
        lambda: files.copy_as(mine, "shop", site.parent, "public/sub"),
    ):
        with pytest.raises(Refused, match="sub is a link or a file where a folder belongs"):
            act()
    assert tree(elsewhere) == ["x"]


@AS_ROOT
def test_34_a_folder_swapped_for_a_link_meanwhile_leads_nowhere(
    files: Files, mine: Identity, site: Path, elsewhere: Path
) -> None:
    """Where the site's user may not write, root would: nothing may arrive there, however often it is tried."""
    swap = "os.mkdir(a); time.sleep(.001); os.rename(a, a + 'b'); os.symlink(b, a); os.unlink(a)"
    script = f"a, b = sys.argv[1:]\n try: {swap}\n except OSError: os.system(f'rm -rf {{a}} {{a}}b')"
    with meanwhile(mine, script, site / "public" / "sub", elsewhere):
        for _ in range(15):
            try:
                files.write_as(mine, "shop", "public/sub/x", "y")
            except Refused:
                continue
    assert tree(elsewhere) == ["x"]
    assert (elsewhere / "x").read_text() == "root's own"


@pytest.mark.parametrize("relative", ["/etc/passwd", "../other/public/x", "public/../../x", "", "public/a\0b"])
def test_a_path_out_of_the_site_is_refused(files: Files, mine: Identity, site: Path, relative: str) -> None:
    with pytest.raises(Refused, match="is not a path inside a site"):
        files.write_as(mine, "shop", relative, "x")
    assert tree(site / "public") == []


@AS_ROOT
def test_39_a_hard_link_to_roots_file_is_left_as_it_is(
    files: Files, mine: Identity, site: Path, elsewhere: Path
) -> None:
    """Made by root here, as a machine without fs.protected_hardlinks lets a tenant do it."""
    (elsewhere / "x").chmod(0o600)
    (site / CONFIG).hardlink_to(elsewhere / "x")
    before = rights(elsewhere / "x")
    with pytest.raises(Refused):
        files.read_as(mine, "shop", CONFIG)
    files.write_as(mine, "shop", CONFIG, "the site's own")
    (site / "public" / "again").hardlink_to(elsewhere / "x")
    files.remove_site("shop", mine)
    assert (elsewhere / "x").read_text() == "root's own"
    assert rights(elsewhere / "x") == before


def test_reading_stops_at_the_limit_and_at_what_is_no_file(files: Files, mine: Identity, site: Path) -> None:
    files.write_as(mine, "shop", "public/long", "x" * 11)
    assert files.read_as(mine, "shop", "public/long", 11) == b"x" * 11
    with pytest.raises(Refused, match="long is longer than 10 bytes"):
        files.read_as(mine, "shop", "public/long", 10)
    assert done_as(mine, "os.mkfifo(sys.argv[1])", site / "public" / "pipe") == 0
    with pytest.raises(Refused, match="pipe is a link or a folder"):
        files.read_as(mine, "shop", "public/pipe")
    with pytest.raises(Refused, match="gone: No such file"):
        files.read_as(mine, "shop", "public/gone")


def test_a_file_is_there_or_not_and_a_link_is_none(files: Files, mine: Identity, site: Path) -> None:
    files.make_folder_as(mine, "shop", "public/storage/logs")
    files.make_folder_as(mine, "shop", "public/storage/logs")
    assert rights(site / "public" / "storage" / "logs") == ("drwxr-x---", mine.uid, mine.gid)
    files.write_as(mine, "shop", "public/storage/x.php", "<?php")
    assert done_as(mine, "os.symlink('x.php', sys.argv[1])", site / "public" / "storage" / "link.php") == 0
    names = ("storage/x.php", "storage/logs", "storage/link.php", "storage/none.php", "nowhere/x.php")
    assert [name for name in names if files.is_file_as(mine, "shop", f"public/{name}")] == ["storage/x.php"]
    others = [name for name in names if files.is_no_file_as(mine, "shop", f"public/{name}")]
    assert others == ["storage/logs", "storage/link.php"]


@AS_ROOT
def test_a_file_that_does_not_fit_leaves_the_old_one(files: Files, mine: Identity, site: Path) -> None:
    with small_disk(site / "private", 1 << 16):
        os.chown(site / "private", mine.uid, mine.gid)
        files.write_as(mine, "shop", "private/.env", "old")
        with pytest.raises(Refused, match=r"The disk is too full: \d+ bytes are needed and \d+ are free"):
            files.write_as(mine, "shop", "private/.env", "n" * 100_000)
        assert tree(site / "private") == [".env"]
        assert files.read_as(mine, "shop", "private/.env") == b"old"


@AS_ROOT
def test_a_disk_that_fills_up_while_writing_leaves_the_old_file(
    files: Files, mine: Identity, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitting = "    must_fit(folder, len(content)"
    assert fitting in one_text(starter.TENANT)
    source = one_text(starter.TENANT).replace(fitting, "    (lambda *_: 0)(folder, len(content)")
    monkeypatch.setattr(starter, "one_text", lambda program: source)
    with small_disk(site / "private", 1 << 16):
        os.chown(site / "private", mine.uid, mine.gid)
        files.write_as(mine, "shop", "private/.env", "old")
        with pytest.raises(Refused, match="The disk became full meanwhile"):
            files.write_as(mine, "shop", "private/.env", "n" * 100_000)
        assert tree(site / "private") == [".env"]
        assert files.read_as(mine, "shop", "private/.env") == b"old"


def test_what_the_sites_child_says_is_shown_clean_and_short(
    files: Files, mine: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "import sys; sys.stderr.write('! \\x1b[31m<b>' + 'x' * 999); sys.exit(3)"
    monkeypatch.setattr(starter, "one_text", lambda program: said)
    with pytest.raises(Refused) as refusal:
        files.read_as(mine, "shop", CONFIG)
    assert str(refusal.value).startswith("\N{REPLACEMENT CHARACTER}[31m<b>xxx")
    assert len(str(refusal.value)) == 300


def test_a_child_that_is_killed_may_be_asked_again(
    files: Files, mine: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starter, "one_text", lambda program: "import os; os.kill(os.getpid(), 9)")
    with pytest.raises(Unavailable, match="ended by signal 9"):
        files.read_as(mine, "shop", CONFIG)


# -- a tree into the site


@pytest.fixture
def source(places: Places) -> Path:
    """An application: three levels, 1.2 MB, one program."""
    top = places.cache / "application"
    for folder in (top, top / "wp-admin" / "css", top / "empty"):
        folder.mkdir(parents=True, mode=0o755)
    for number in range(12):
        (top / "wp-admin" / "css" / f"{number}.css").write_bytes(os.urandom(100_000))
    (top / "index.php").write_text("<?php")
    (top / "run").write_text("#!/bin/sh")
    (top / "run").chmod(0o755)
    return top


def test_a_tree_is_copied_with_the_sites_rights_and_told_on_the_way(
    files: Files, mine: Identity, site: Path, source: Path
) -> None:
    told: list[tuple[int, int]] = []
    files.copy_as(mine, "shop", source, progress=lambda done, total: told.append((done, total)))
    total = sum(path.stat().st_size for path in source.rglob("*") if path.is_file())
    assert tree(site / "public") == tree(source)
    assert (site / "public/wp-admin/css/3.css").read_bytes() == (source / "wp-admin/css/3.css").read_bytes()
    assert rights(site / "public/wp-admin") == ("drwxr-x---", mine.uid, mine.gid)
    assert rights(site / "public/index.php") == ("-rw-r-----", mine.uid, mine.gid)
    assert rights(site / "public/run") == ("-rwxr-x---", mine.uid, mine.gid)
    assert (site / "public/run").stat().st_mtime_ns == (source / "run").stat().st_mtime_ns
    assert told == sorted(told)
    assert told[-1] == (total, total)


def test_copying_again_completes_what_is_there_and_keeps_the_rest(
    files: Files, mine: Identity, site: Path, source: Path
) -> None:
    files.write_as(mine, "shop", "public/index.php", "torn, and longer than it should be")
    files.write_as(mine, "shop", "public/upload.jpg", "kept")
    for _ in range(2):
        files.copy_as(mine, "shop", source)
    assert (site / "public/index.php").read_text() == "<?php"
    assert tree(site / "public") == sorted([*tree(source), "upload.jpg"])


def test_copying_is_killed_at_any_moment_and_made_good(files: Files, mine: Identity, site: Path, source: Path) -> None:
    for delay in (0.005, 0.015, 0.02, 0.025, 0.03):
        child = os.fork()
        if not child:
            files.copy_as(mine, "shop", source)
            os._exit(0)
        time.sleep(delay)
        os.kill(child, 9)
        os.waitpid(child, 0)
    files.copy_as(mine, "shop", source)
    for path in filter(Path.is_file, source.rglob("*")):
        assert (site / "public" / path.relative_to(source)).read_bytes() == path.read_bytes()


class Cancelled(Exception):
    pass


def test_whoever_is_told_may_break_it_off(files: Files, mine: Identity, site: Path, source: Path) -> None:
    def told(done: int, total: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        files.copy_as(mine, "shop", source, progress=told)


@AS_ROOT
def test_a_tree_that_does_not_fit_is_refused_before_its_first_byte(
    files: Files, mine: Identity, site: Path, source: Path
) -> None:
    with small_disk(site / "private", 1 << 20):
        os.chown(site / "private", mine.uid, mine.gid)
        with pytest.raises(Refused, match=r"The disk is too full: 12\d{5} bytes are needed and \d+ are free"):
            files.copy_as(mine, "shop", source, "private")
        assert tree(site / "private") == []


@AS_ROOT
def test_a_second_run_needs_no_more_room_than_the_first(
    files: Files, mine: Identity, site: Path, source: Path
) -> None:
    with small_disk(site / "private", 1_300_000):
        os.chown(site / "private", mine.uid, mine.gid)
        for _ in range(2):
            files.copy_as(mine, "shop", source, "private")


def test_a_tree_with_a_link_in_it_is_refused(files: Files, mine: Identity, site: Path, source: Path) -> None:
    (source / "wp-admin" / "shadow").symlink_to("/etc/shadow")
    with pytest.raises(Refused, match="shadow is neither a file nor a folder"):
        files.copy_as(mine, "shop", source)
    assert tree(site / "public") == []


def test_a_link_where_the_tree_has_a_file_is_refused(files: Files, mine: Identity, site: Path, source: Path) -> None:
    assert done_as(mine, "os.symlink('/etc/passwd', sys.argv[1])", site / "public" / "index.php") == 0
    with pytest.raises(Refused, match=r"index\.php is a link"):
        files.copy_as(mine, "shop", source)
    assert (site / "public" / "index.php").is_symlink()


# -- removing


@AS_ROOT
def test_46_removing_a_site_follows_no_link(files: Files, mine: Identity, elsewhere: Path) -> None:
    files.make_site("shop", mine)
    public = files.places.public("shop")
    links = "for n, to in enumerate(sys.argv[2:]): os.symlink(to, f'{sys.argv[1]}/{n}')"
    assert done_as(mine, links, public, "/", elsewhere, elsewhere / "x", "..", "dangling") == 0
    files.remove_site("shop", mine)
    assert not files.site_exists("shop")
    assert tree(elsewhere) == ["x"]


@AS_ROOT
def test_46_folders_swapped_for_links_meanwhile_lead_nowhere(files: Files, mine: Identity, neighbour: Identity) -> None:
    """The neighbour's folder is open to all: what follows a link there would empty it."""
    files.make_site("other", neighbour)
    files.write_as(neighbour, "other", "public/kept", "kept")
    for path in (files.places.site("other"), files.places.public("other")):
        path.chmod(0o777)
    files.make_site("shop", mine)
    swap = "os.mkdir(a); open(f'{a}/f', 'w'); os.rename(a, f'{a}{n}'); os.symlink(o, a)"
    script = f"a = f'{{p}}/{{n % 3}}'; n += 1\n try: {swap}\n except OSError: pass"
    public, other = files.places.public("shop"), files.places.public("other")
    for _ in range(3):
        with meanwhile(mine, f"n = 0; p, o = sys.argv[1:]\n {script}", public, other):
            time.sleep(0.1)
            with suppress(Refused, Unavailable):
                files.remove_site("shop", mine)
        files.make_site("shop", mine)
    files.remove_site("shop", mine)
    assert not files.site_exists("shop")
    assert tree(other) == ["kept"]
    files.remove_site("other", neighbour)


@AS_ROOT
def test_46_whatever_a_tenant_made_of_its_folders_is_removed(files: Files, mine: Identity) -> None:
    files.make_site("shop", mine)
    script = """
top = sys.argv[1]
os.chdir(top)
for n in range(1100):
    os.mkdir('d' * 200); os.chdir('d' * 200)
os.chdir(top)
for n in range(1100):
    open(f'f{n}', 'w').close()
for mode in (0o000, 0o500, 0o300):
    os.makedirs(f'closed{mode}/inner/deep'); open(f'closed{mode}/inner/f', 'w').close()
    os.chmod(f'closed{mode}/inner', mode); os.chmod(f'closed{mode}', mode)
os.mkfifo('pipe')
open(b'\\xff\\xfe invalid \\n', 'w').close()
open('x' * 255, 'w').close()
os.chmod(top, 0)
"""
    assert done_as(mine, script, files.places.public("shop")) == 0
    files.remove_site("shop", mine)
    assert not files.site_exists("shop")
    assert tree(files.places.root / "sites") == []


@AS_ROOT
def test_46_a_file_that_cannot_be_removed_is_named_and_tried_again(files: Files, mine: Identity) -> None:
    files.make_site("shop", mine)
    for name in ("before", "stays", "zzz"):
        files.write_as(mine, "shop", f"public/{name}", "x")
    stays = files.places.public("shop") / "stays"
    if subprocess.run(["chattr", "+i", stays], capture_output=True, check=False).returncode:
        pytest.skip("this disk has no immutable files")
    gone = files.places.root / "sites" / ".shop.gone" / "public" / "stays"
    try:
        for _ in range(2):
            with pytest.raises(Unavailable, match="public/stays cannot be removed: Operation not permitted"):
                files.remove_site("shop", mine)
        assert tree(gone.parent) == ["stays"]
    finally:
        subprocess.run(["chattr", "-i", gone], check=True)
    files.remove_site("shop", mine)
    assert tree(files.places.root / "sites") == []


# -- the panel's own files


def test_the_panels_file_is_replaced_whole(files: Files, places: Places, mine: Identity) -> None:
    path = places.root / "Caddyfile"
    files.write(path, "old")
    first = path.stat().st_ino
    files.write(path, "new", 0o640, group=mine.gid)
    assert path.read_text() == "new"
    assert rights(path) == ("-rw-r-----", os.geteuid(), mine.gid)
    assert path.stat().st_ino != first
    assert [name for name in tree(places.root) if "new" in name] == []


@pytest.mark.parametrize("point", points("files.written-beside", "files.renamed"))
def test_10_a_crash_while_writing_leaves_the_old_or_the_new_file(files: Files, places: Places, point: str) -> None:
    path = places.root / "Caddyfile"
    files.write(path, "old")
    assert killed_at(point, lambda: files.write(path, "new"))
    assert path.read_text() in ("old", "new")
    files.write(path, "newer")
    assert path.read_text() == "newer"
    assert [name for name in tree(places.root) if name.startswith(".")] == []


@AS_ROOT
def test_10_a_full_disk_leaves_the_old_file(
    files: Files, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = places.root / "caddy"
    folder.mkdir()
    with small_disk(folder, 1 << 16):
        files.write(folder / "Caddyfile", "old")
        with pytest.raises(Refused, match=r"too full: \d+ bytes are needed and \d+ are free"):
            files.write(folder / "Caddyfile", "n" * 100_000)
        monkeypatch.setattr(driver, "must_fit", lambda *_: None)
        with pytest.raises(Refused, match="is full; make room and try again"):
            files.write(folder / "Caddyfile", "n" * 100_000)
        assert (folder / "Caddyfile").read_text() == "old"
        assert tree(folder) == ["Caddyfile"]


def test_writers_of_one_file_do_not_mix(files: Files, places: Places) -> None:
    path = places.root / "Caddyfile"
    texts = [letter * 300_000 for letter in "abcdefgh"]
    files.write(path, texts[0])
    with ThreadPoolExecutor(8) as pool:
        going = [pool.submit(files.write, path, text) for text in texts * 3]
        while not all(one.done() for one in going):
            assert path.read_text() in texts
        assert [one.exception() for one in going] == [None] * 24
    assert [name for name in tree(places.root) if name.startswith(".")] == []


@AS_ROOT
def test_the_panel_does_not_write_below_a_sites_folder_itself(files: Files, site: Path, elsewhere: Path) -> None:
    with pytest.raises(Refused, match="lies in a folder of another user"):
        files.write(site / "public" / "x", "x")
    assert tree(site / "public") == []


def test_a_link_instead_of_the_panels_file_or_folder_is_an_error(
    files: Files, places: Places, elsewhere: Path
) -> None:
    (places.root / "link").symlink_to(elsewhere / "x")
    (places.root / "folder").symlink_to(elsewhere)
    with pytest.raises(Refused, match="is a link or a folder where a file belongs"):
        files.write(places.root / "link", "x")
    with pytest.raises(Refused, match="leads through a link"):
        files.write(places.root / "folder" / "x", "y")
    assert (elsewhere / "x").read_text() == "root's own"


# -- what a worker runs from


def test_a_workers_folders_are_made_and_removed(files: Files, places: Places, mine: Identity) -> None:
    assert not files.runtime_exists(7)
    for _ in range(2):
        files.make_runtime(7, mine)
    files.write(places.worker_config(7), "{}")
    assert files.runtime_exists(7)
    assert places.worker_link(7).read_text() == "{}"
    assert str(places.worker_link(7).readlink()) == "site-7/worker.json"
    assert rights(places.runtime(7)) == ("drwxr-xr-x", os.geteuid(), os.getegid())
    assert rights(places.worker_config(7))[0] == "-rw-r--r--"
    assert rights(places.worker_socket_dir(7)) == ("drwxr-x---", mine.uid, mine.gid)
    for path in (places.worker_pid(7), places.worker_lock(7)):
        path.touch()
    for _ in range(2):
        files.remove_runtime(7)
    assert not files.runtime_exists(7)
    assert tree(places.root / "runtime") == tree(places.run) == []


def test_a_reboot_that_emptied_the_sockets_folder_is_made_good(files: Files, places: Places, mine: Identity) -> None:
    files.make_runtime(7, mine)
    places.worker_socket_dir(7).rmdir()
    files.make_runtime(7, mine)
    assert rights(places.worker_socket_dir(7))[1] == mine.uid


@pytest.mark.parametrize("point", points("files.runtime", "files.socket"))
def test_a_crash_around_the_workers_folders_is_made_good(
    files: Files, places: Places, mine: Identity, point: str
) -> None:
    killed = [killed_at(point, lambda: files.make_runtime(7, mine))]
    files.make_runtime(7, mine)
    killed.append(killed_at(point, lambda: files.remove_runtime(7)))
    files.make_runtime(7, mine)
    killed.append(killed_at(point, lambda: files.remove_runtime(7)))
    files.remove_runtime(7)
    assert any(killed)
    assert tree(places.root / "runtime") == tree(places.run) == []


@AS_ROOT
def test_what_a_site_put_beside_its_sockets_goes_without_being_followed(
    files: Files, places: Places, mine: Identity, elsewhere: Path
) -> None:
    files.make_runtime(7, mine)
    sockets = places.worker_socket_dir(7)
    assert done_as(mine, "os.symlink(*sys.argv[1:])", elsewhere, sockets / "link") == 0
    assert done_as(mine, "os.makedirs(sys.argv[1])", sockets / "a" / "b") == 0
    files.remove_runtime(7)
    assert not sockets.exists()
    assert tree(elsewhere) == ["x"]


@pytest.mark.parametrize("what", ["worker_link", "worker_socket_dir"])
def test_what_somebody_put_where_the_workers_folders_belong_is_not_taken_over(
    files: Files, places: Places, mine: Identity, elsewhere: Path, what: str
) -> None:
    path: Path = getattr(places, what)(7)
    path.parent.mkdir(exist_ok=True)
    path.symlink_to(elsewhere)
    assert files.runtime_exists(7)
    with pytest.raises(Refused, match="was not made by the panel"):
        files.make_runtime(7, mine)
    assert rights(elsewhere)[0] == "drwx------"


# -- not as root


@AS_ROOT
def test_all_of_it_works_for_a_caller_who_is_not_root() -> None:
    """In a child that has become an ordinary user: every site is that user's."""
    with open_folder() as folder:
        os.chown(folder, 64_998, 64_998)
        child = os.fork()
        if not child:
            code = 1
            try:
                os.setgroups([])
                os.setresgid(64_998, 64_998, 64_998)
                os.setresuid(64_998, 64_998, 64_998)
                _a_sites_life(folder)
                code = 0
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert tree(folder) == ["logs", "run", "runtime", "sites"]


def _a_sites_life(folder: Path) -> None:
    places = places_in(folder, "a0b1")
    users, files = Users(places, separate=False), Files(places)
    me = users.create(places.site_user(7))
    files.make_site("shop", me)
    files.make_runtime(7, me)
    files.write(places.worker_config(7), "{}")
    files.copy_as(me, "shop", places.runtime(7), "private/copy")
    files.write_as(me, "shop", CONFIG, "x")
    assert files.read_as(me, "shop", CONFIG) == b"x"
    assert users.exists(places.site_user(7)) is False
    files.remove_runtime(7)
    files.remove_site("shop", me)
    users.remove(places.site_user(7))
