"""A site's folders exchanged for others. A number in a test's name is a row of "Attacks to test"."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.host.errors import Refused
from tests.host.archive.ground import SLUG, Ground, ground, listed, users
from tests.host.test_files import meanwhile, rights
from tests.parts.crashes import killed_at, points
from tests.parts.tenants import AS_ROOT

__all__ = ["ground", "users"]
NUMBER = 5
OLD, NEW = {"index": b"old"}, {"index": b"new"}


@pytest.fixture
def fresh(ground: Ground) -> Iterator[dict[str, int]]:
    """The site is old, and what lies aside is new."""
    ground.as_site("open('index', 'w').write('old')")
    made = ground.asides.make(SLUG, NUMBER, ground.owner)
    (place(ground) / "public" / "index").write_text("new")
    os.chown(place(ground) / "public" / "index", ground.owner.uid, ground.owner.gid)
    yield made
    ground.asides.remove(SLUG, NUMBER, ground.owner)
    assert not place(ground).exists()


def place(ground: Ground) -> Path:
    return ground.asides.path(SLUG, NUMBER)


def both(ground: Ground) -> tuple[dict[str, object], dict[str, object]]:
    return listed(ground.site / "public"), listed(place(ground) / "public")


def test_it_is_exchanged_once_however_often_it_is_asked_for(ground: Ground, fresh: dict[str, int]) -> None:
    had = rights(ground.site / "public")
    assert ground.asides.make(SLUG, NUMBER, ground.owner) == fresh
    for _ in range(2):
        ground.asides.exchange(SLUG, NUMBER, "public", fresh["public"])
        assert both(ground) == (NEW, OLD)
    assert rights(ground.site / "public") == had
    for _ in range(2):
        ground.asides.exchange_back(SLUG, NUMBER, "public", fresh["public"])
        assert both(ground) == (OLD, NEW)


@pytest.mark.parametrize("point", points("files.folders-"))
def test_45_killed_meanwhile_it_is_the_old_or_the_new_one(point: str, ground: Ground, fresh: dict[str, int]) -> None:
    assert killed_at(point, lambda: ground.asides.exchange(SLUG, NUMBER, "public", fresh["public"]))
    ground.asides.exchange(SLUG, NUMBER, "public", fresh["public"])
    assert both(ground) == (NEW, OLD)
    assert killed_at(point, lambda: ground.asides.exchange_back(SLUG, NUMBER, "public", fresh["public"]))
    ground.asides.exchange_back(SLUG, NUMBER, "public", fresh["public"])
    assert both(ground) == (OLD, NEW)


def test_45_whoever_reads_meanwhile_misses_nothing(ground: Ground, fresh: dict[str, int], tmp_path: Path) -> None:
    seen = tmp_path / "missed"
    seen.touch()
    seen.chmod(0o666)
    tmp_path.chmod(0o755)
    script = (
        "try: open(sys.argv[1] + '/public/index').read() in ('old', 'new') or 1 / 0\n"
        " except Exception as error: open(sys.argv[2], 'a').write(repr(error))"
    )
    with meanwhile(ground.owner, script, ground.site, seen):
        for _ in range(1000):
            ground.asides.exchange(SLUG, NUMBER, "public", fresh["public"])
            ground.asides.exchange_back(SLUG, NUMBER, "public", fresh["public"])
    assert seen.read_text() == ""


def test_what_is_not_what_was_made_is_not_put_into_the_site(ground: Ground, fresh: dict[str, int]) -> None:
    for known in (0, fresh["private"], 12345):
        with pytest.raises(Refused, match="not beside it any more"):
            ground.asides.exchange(SLUG, NUMBER, "public", known)
    assert both(ground) == (OLD, NEW)


def test_there_may_be_nothing_to_remove(ground: Ground) -> None:
    ground.asides.remove(SLUG, 77, ground.owner)


@AS_ROOT
def test_the_sites_user_cannot_put_anything_else_there(ground: Ground, fresh: dict[str, int]) -> None:
    """Both folders that the exchange works in are root's: he can rename nothing in them."""
    with pytest.raises(AssertionError):
        ground.as_site(f"os.rename({str(place(ground) / 'public')!r}, {str(place(ground) / 'gone')!r})")
    with pytest.raises(AssertionError):
        ground.as_site("os.rename('../public', '../gone')")
    assert rights(place(ground))[1:] == (os.geteuid(), ground.owner.gid)
