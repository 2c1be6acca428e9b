"""A site to be saved, somewhere to save it, and keys; for the tests of archives."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from apps.host.archive.archives import Archives
from apps.host.archive.keys import Key, new_key
from apps.host.archive.site_tree import SiteTree
from apps.host.archive.writing import Content, Written
from apps.host.command import Identity
from apps.host.files import Files
from apps.host.users import Users
from tests.host.test_files import run_as
from tests.parts.ground import open_folder
from tests.parts.tenants import instance, owner, places_in

SLUG, FILE = "shop", "shop-20261126T200000Z-1.tar.gz.age"
DUMP = b"CREATE TABLE t (a INT);\nINSERT INTO t VALUES (1);\n-- Dump completed\n"


@dataclass
class Asides:
    """Folders beside the site's, made like it, as a restore has them."""

    files: Files

    def make(self, slug: str, number: int, owner: Identity) -> dict[str, int]:
        self.files.make_site(self.name(slug, number), owner)
        return {root: self.files.number_of(self.name(slug, number), root) for root in ("private", "public")}

    def exchange(self, slug: str, number: int, root: str, fresh: int) -> None:
        self.files.exchange(slug, self.name(slug, number), root, fresh)

    def exchange_back(self, slug: str, number: int, root: str, fresh: int) -> None:
        self.files.exchange(self.name(slug, number), slug, root, fresh)

    def remove(self, slug: str, number: int, owner: Identity) -> None:
        self.files.remove_site(self.name(slug, number), owner)

    def path(self, slug: str, number: int) -> Path:
        return self.files.places.site(self.name(slug, number))

    def name(self, slug: str, number: int) -> str:
        return f".{slug}-{number}"


@dataclass
class Ground:
    """*panels* and *administrators*: two keys that archives are locked for. *asides*: places that were made."""

    files: Files
    owner: Identity
    archives: Archives
    asides: Asides
    panels: Key = field(default_factory=new_key)
    administrators: Key = field(default_factory=new_key)

    @property
    def site(self) -> Path:
        return self.files.places.site(SLUG)

    @property
    def path(self) -> Path:
        return self.archives.path(SLUG, FILE)

    def as_site(self, script: str) -> None:
        """Done in the site's ``public`` by its own user."""
        assert run_as(self.owner, "os.chdir(sys.argv[1])\n" + script, self.site / "public").wait() == 0

    def content(self, **about: object) -> Content:
        recipients = [self.panels.recipient, self.administrators.recipient]
        facts = {"manifest": {"slug": SLUG}, "recipients": recipients, "databases": {"fp_shop": [DUMP]}}
        return Content(**{**facts, "tree": self.tree(), **about})  # type: ignore[arg-type]

    def tree(self, **about: object) -> SiteTree:
        return SiteTree(self.owner, self.site, **about)  # type: ignore[arg-type]

    def saved(self, **about: object) -> Written:
        return self.archives.write(SLUG, FILE, self.content(**about))

    def by_hand(self, folder: Path) -> Path:
        """Restored into *folder* as the README in the archive says, with age and tar alone."""
        keyfile = folder / "key"
        keyfile.write_text(f"# of the administrator\n{self.administrators.identity}\n")
        plain = folder / "archive.tar.gz"
        done = subprocess.run(["age", "-d", "-i", keyfile, "-o", plain, self.path], capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        subprocess.run(["tar", "--extract", "--gzip", "--no-same-owner", "--file", plain, "-C", folder], check=True)
        return folder


@pytest.fixture(scope="module")
def users() -> Iterator[Users]:
    with instance() as users:
        yield users


@pytest.fixture
def ground(users: Users) -> Iterator[Ground]:
    """An empty site; of it nothing is left."""
    with open_folder() as folder:
        places, mine = places_in(folder, users.places.instance), owner(users, 1)
        files = Files(places)
        files.make_site(SLUG, mine)
        try:
            yield Ground(files, mine, Archives(places), Asides(files))
        finally:
            files.remove_site(SLUG, mine)


def listed(folder: Path) -> dict[str, object]:
    """What lies in *folder*: for each path its content, where it points, or None for a folder."""
    paths = [Path(top) / name for top, below, names in os.walk(folder) for name in (*below, *names)]
    return {str(path.relative_to(folder)): _what(path) for path in sorted(paths)}


def _what(path: Path) -> object:
    if path.is_symlink():
        return f"-> {path.readlink()}"
    return path.read_bytes() if path.is_file() else None
