"""A site's folders put aside whole, brought back as they were, and removed from there as the site's user."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.host.command import Identity
from apps.host.crash import CrashPoint
from apps.host.errors import Refused
from apps.host.files import Files
from tests.host.test_files import done_as, files, mine, places, rights, tree, users
from tests.parts.crashes import killed_at

__all__ = ["files", "mine", "places", "users"]


@pytest.fixture
def site(files: Files, mine: Identity) -> Iterator[Path]:
    files.make_site("shop", mine)
    files.write_as(mine, "shop", "public/index.html", "hello")
    yield files.places.site("shop")
    files.remove_site("shop", mine)
    files.remove_kept_site("shop", mine)
    assert tree(files.places.root / "sites") == tree(files.places.root / "logs") == []


def all_of(files: Files) -> list[str]:
    return tree(files.places.root / "sites") + tree(files.places.root / "logs")


def test_put_aside_and_brought_back_it_is_the_same(files: Files, mine: Identity, site: Path) -> None:
    (files.places.logs("shop") / "worker.log").write_text("said")
    was, had = all_of(files), rights(site)
    for _ in range(2):
        files.keep_site("shop")
    assert all_of(files) == []
    assert files.is_kept("shop")
    assert not files.site_exists("shop")
    for _ in range(2):
        files.bring_site_back("shop")
    assert (all_of(files), rights(site)) == (was, had)
    assert not files.is_kept("shop")
    assert files.read_as(mine, "shop", "public/index.html") == b"hello"


@pytest.mark.parametrize("point", ["trash.folder-moved", "trash.site-moved-logs-not", "trash.logs-back-site-not"])
def test_killed_on_the_way_it_arrives_the_second_time(files: Files, site: Path, point: str) -> None:
    assert point in CrashPoint.names
    was = all_of(files)
    killed_at(point, lambda: files.keep_site("shop"))
    files.keep_site("shop")
    assert all_of(files) == []
    killed_at(point, lambda: files.bring_site_back("shop"))
    files.bring_site_back("shop")
    assert all_of(files) == was


def test_what_the_panel_did_not_make_is_not_moved(files: Files, site: Path) -> None:
    (site / "strange").write_text("")
    with pytest.raises(Refused, match="holds strange, which the panel did not make"):
        files.keep_site("shop")
    (site / "strange").unlink()
    (files.places.kept_site("shop")).mkdir(parents=True)
    with pytest.raises(Refused, match="File exists"):
        files.keep_site("shop")
    files.places.kept_site("shop").rmdir()


def test_what_is_not_there_cannot_be_brought_back(files: Files, mine: Identity) -> None:
    with pytest.raises(Refused, match="cannot be used: No such file"):
        files.bring_site_back("shop")
    files.remove_kept_site("shop", mine)


def test_46_removed_from_the_trash_it_leaves_alone_what_its_links_name(
    files: Files, mine: Identity, site: Path, tmp_path: Path
) -> None:
    (tmp_path / "others").write_text("not the site's")
    for folder in ("public", "private", "tmp"):
        (site / folder / "link").symlink_to(tmp_path)
        os.lchown(site / folder / "link", mine.uid, mine.gid)
    files.keep_site("shop")
    files.remove_kept_site("shop", mine)
    assert not files.is_kept("shop")
    assert (tmp_path / "others").read_text() == "not the site's"


def test_nobody_else_looks_into_the_trash(files: Files, mine: Identity, site: Path) -> None:
    files.keep_site("shop")
    kept = files.places.kept_site("shop")
    for folder in (kept.parent, kept.parent.parent):
        assert stat.S_IMODE(folder.stat().st_mode) & 0o006 == 0
    assert rights(kept) == ("drwxr-x---", os.geteuid(), mine.gid)


def test_its_size_is_what_the_sites_user_can_count(files: Files, mine: Identity, site: Path) -> None:
    before = files.site_size("shop", mine)
    files.write_as(mine, "shop", "public/big", "x" * 100_000)
    assert 100_000 <= files.site_size("shop", mine) - before < 200_000


def test_a_tree_that_is_too_deep_to_count_stops_nothing(files: Files, mine: Identity, site: Path) -> None:
    dig = "for _ in range(3000): os.mkdir('d'); os.chdir('d')"
    assert done_as(mine, f"os.chdir(sys.argv[1])\n{dig}", site / "public") == 0
    assert files.site_size("shop", mine) >= 0
