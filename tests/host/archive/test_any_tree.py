"""Whatever lies in a site, with whatever names, comes back: by our own programs, and by tar."""

from __future__ import annotations

import os
import shutil
import tarfile
from io import BytesIO
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.host.archive import ustar
from apps.host.archive.faults import Damaged, Hostile
from apps.host.archive.members import flowing, member, unpacked
from apps.host.archive.tar_reading import Limits, members
from apps.host.archive.unpacking import unpack_tree, within
from tests.host.archive.ground import FILE, SLUG, Ground, ground, users

__all__ = ["ground", "users"]


def noise(size: int) -> bytes:
    return Random(size).randbytes(size)  # noqa: S311 - the same every time is what is wanted


NAMES = st.binary(min_size=1, max_size=255).filter(
    lambda name: name not in (b".", b"..") and not set(name) & set(b"/\0")
)
CONTENTS = st.one_of(st.binary(max_size=2000), st.integers(0, 200_000).map(noise))
LINKS = st.binary(min_size=1, max_size=4000).filter(lambda target: b"\0" not in target)
TREES = st.recursive(
    st.one_of(CONTENTS, LINKS.map(lambda target: ("link", target))),
    lambda inner: st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=12,
)
Tree = dict[bytes, object]


def grown(tree: Tree, folder: bytes) -> None:
    for name, what in tree.items():
        path = folder + b"/" + name
        if isinstance(what, dict):
            Path(os.fsdecode(path)).mkdir()
            grown(what, path)
        elif isinstance(what, tuple):
            os.symlink(what[1], path)  # noqa: PTH211 - a Path would tidy up where it points
        else:
            Path(os.fsdecode(path)).write_bytes(what)  # type: ignore[arg-type]


def found(folder: bytes) -> Tree:
    tree: Tree = {}
    for entry in os.scandir(folder):
        if entry.is_symlink():
            tree[entry.name] = ("link", os.readlink(entry.path))  # noqa: PTH115 - the same
        else:
            tree[entry.name] = found(entry.path) if entry.is_dir() else Path(os.fsdecode(entry.path)).read_bytes()
    return tree


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tree=st.dictionaries(NAMES, TREES, max_size=6))
def test_any_tree_comes_back(tree: Tree, ground: Ground) -> None:
    public = ground.site / "public"
    shutil.rmtree(public)
    public.mkdir()
    grown(tree, bytes(public))
    for top, folders, files in os.walk(public):
        for name in (".", *folders, *files):
            os.chown(os.path.join(top, name), ground.owner.uid, ground.owner.gid, follow_symlinks=False)
    ground.saved()
    ground.asides.make(SLUG, 1, ground.owner)
    with ground.archives.opened(SLUG, FILE, [ground.panels]) as archive:
        unpack_tree(archive.members(), ground.owner, ground.asides.path(SLUG, 1), within("files"))
    assert found(bytes(ground.asides.path(SLUG, 1) / "public")) == tree
    ground.asides.remove(SLUG, 1, ground.owner)


@given(
    st.sampled_from([ustar.FILE, ustar.FOLDER, ustar.LINK]),
    st.lists(NAMES, min_size=1, max_size=6).map(b"/".join),
    st.integers(0, 0o777),
    st.integers(-5, 1 << 34),
    LINKS,
)
def test_an_entry_is_read_as_it_was_written(kind: bytes, path: bytes, mode: int, mtime: int, target: bytes) -> None:
    points_to = target if kind == ustar.LINK else b""
    made = ustar.header(kind, path, mode, mtime, target=points_to) + ustar.ENDING
    (ours,) = members([made])
    wanted = (kind, path, mode, max(0, min(mtime, ustar.LATEST)), points_to)
    assert (ours.kind, ours.path, ours.mode, ours.mtime, ours.target) == wanted
    with tarfile.open(fileobj=BytesIO(made), errors="surrogateescape") as tar:
        (theirs,) = tar.getmembers()
    assert os.fsencode(theirs.name) == path
    assert os.fsencode(theirs.linkname) == points_to


@given(st.integers(ustar.LARGEST - 2, 1 << 50))
def test_a_very_large_file_is_announced_as_large_as_it_is(size: int) -> None:
    made = ustar.header(ustar.FILE, b"a", 0o644, 0, size)
    with pytest.raises(Hostile, match="more than"):
        list(members([made], Limits(bytes=size - 1)))
    with pytest.raises(Damaged, match="cut short"):
        list(members([made], Limits(bytes=size)))


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=5000), st.integers(1, 60), st.integers(2000, 90_000))
def test_a_member_comes_back_and_so_do_many(content: bytes, times: int, size: int) -> None:
    for one in (content, content * times, noise(300_000) + content):
        packed = member(one)
        assert unpacked(packed, max(1, len(one))) == one
        many = packed * 3
        assert b"".join(flowing(many[at : at + size] for at in range(0, len(many), size))) == one * 3
