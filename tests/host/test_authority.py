"""The front's own authority is taken along and put back, and nothing else through its folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from apps.host.authority import FOLDER, place_authority, saved_authority
from apps.host.errors import Refused

TEXTS = {f"{FOLDER}/root.crt": "certificate\n", f"{FOLDER}/root.key": "key\n"}
FRONT = 65534 if os.geteuid() == 0 else os.geteuid()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """With the front's storage, which is the front's user's."""
    storage = tmp_path / "caddy" / "storage"
    storage.mkdir(parents=True)
    os.chown(storage, FRONT, -1)
    return tmp_path


def test_it_is_put_where_it_was_for_the_front_alone(root: Path) -> None:
    for _ in range(2):
        place_authority(root, TEXTS)
    assert saved_authority(root) == TEXTS
    for name in ("root.crt", "root.key"):
        found = (root / FOLDER / name).stat()
        assert (found.st_uid, found.st_mode & 0o777) == (FRONT, 0o600)
    assert {folder.stat().st_uid for folder in (root / FOLDER, *(root / FOLDER).parents[:2])} == {FRONT}
    assert sorted(path.name for path in (root / FOLDER).iterdir()) == ["root.crt", "root.key"]


def test_without_a_front_there_is_none(root: Path) -> None:
    assert saved_authority(root) == {}
    place_authority(root, TEXTS)
    (root / FOLDER / "root.key").unlink()
    assert saved_authority(root) == {}


@pytest.mark.parametrize("part", ["pki", "pki/authorities/local", "pki/authorities/local/root.key"])
def test_a_link_on_the_way_leads_nowhere(root: Path, part: str) -> None:
    place_authority(root, TEXTS)
    linked = root / "caddy" / "storage" / part
    moved = linked.rename(root / "elsewhere")
    linked.symlink_to(moved)
    with pytest.raises(Refused, match="leads through a link"):
        saved_authority(root)


def test_what_is_no_short_file_is_refused(root: Path) -> None:
    place_authority(root, TEXTS)
    (root / FOLDER / "root.key").unlink()
    os.mkfifo(root / FOLDER / "root.key")
    with pytest.raises(Refused, match="not what a front writes"):
        saved_authority(root)
