"""A recovery's parts, each alone: what the records say afterwards, and which archive of a site is taken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apps.backups.keys import own_key
from apps.backups.models import Backup, Copy, Target
from apps.host.archive.found import Folder
from apps.host.archive.writing import Content, write_archive
from apps.host.errors import Refused
from apps.host.host import Host
from apps.host.local import this_host
from apps.operations.models import Hold, Operation
from apps.servers.local.recovery.archives import newest_good
from apps.servers.local.recovery.marker import Marker, must_be_settled
from apps.servers.local.recovery.settling import settle
from apps.servers.models import Server
from apps.sites.models import Site
from tests.make import a_site, an_operation

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def marker(tmp_path: Path) -> Marker:
    marker = Marker(tmp_path)
    marker.write(placed=True)
    return marker


def a_backup(site: Site, file: str, **facts: Any) -> Backup:
    words = {"server": site.server, "slug": site.slug, "kind": site.kind, "status": "completed", **facts}
    return Backup.objects.create(site=site, file=file, **words)


def a_copy(backup: Backup, kind: str) -> None:
    target = Target.objects.create(server=backup.server, name=f"{kind}-{backup.pk}", kind=kind)
    Copy.objects.create(backup=backup, target=target, status=Copy.Status.DONE)


def test_the_records_say_that_nothing_is_there_and_the_marker_what_there_was(marker: Marker) -> None:
    site, stopped = a_site(front="up"), a_site(name="Two", status=Site.Status.SUSPENDED)
    half, gone = a_site(name="Half", status=Site.Status.DELETING), a_site(name="Gone", status=Site.Status.DELETED)
    site.domains.update(served=True, loaded=True)
    running = an_operation(site, done=["site-user"], status="running")
    Hold.objects.create(resource=f"site:{site.pk}", operation=running)
    settle(site.server, marker)
    told = {str(site.pk): "active", str(stopped.pk): "suspended", str(half.pk): "inactive"}
    assert (marker.read()["sites"], marker.read()["since"]) == (told, running.pk)
    assert set(Site.objects.exclude(pk=gone.pk).values_list("status", "front")) == {("creating", "starting")}
    assert Operation.objects.get().status == "undone"
    assert not Hold.objects.exists()
    assert site.domains.get().served is False


def test_what_is_settled_is_not_settled_again(marker: Marker) -> None:
    site = a_site()
    settle(site.server, marker)
    Site.objects.update(status=Site.Status.ACTIVE)
    settle(site.server, marker)
    assert Site.objects.get().status == "active"


def test_archives_that_are_elsewhere_stay_in_the_list(marker: Marker) -> None:
    site = a_site()
    for name, kind in (("here", ""), ("folder", "folder"), ("bucket", "s3")):
        backup = a_backup(site, f"{name}.tar.gz.age")
        if kind:
            a_copy(backup, kind)
    settle(site.server, marker)
    assert list(Backup.objects.filter(removed_at=None).values_list("file", flat=True)) == ["bucket.tar.gz.age"]


def test_nothing_but_a_recovery_may_begin_where_one_has(marker: Marker) -> None:
    with pytest.raises(Refused, match="recover again, or remove that folder"):
        must_be_settled(marker.path.parent)
    settle(a_site().server, marker)
    must_be_settled(marker.path.parent)


class Shelf:
    """A folder with archives of a site, as somebody has kept them."""

    def __init__(self, folder: Path, host: Host) -> None:
        self.folder, self.host = folder, host
        self.site = a_site(slug="shop")
        self.said: list[str] = []
        self.recipient = own_key(Server.objects.get(), host).recipient

    def add(self, day: int, **facts: Any) -> Path:
        manifest = {"site": {"slug": "shop"}, "has": {"files": True, "databases": True}, **facts}
        path = self.folder / f"shop-202602{day:02}T031500Z-{day}.tar.gz.age"
        write_archive(self.folder, path, Content(manifest, [self.recipient]))
        return path

    def newest(self) -> str:
        return newest_good(self.site, Folder(self.folder).archives(), self.host, self.said.append).file


@pytest.fixture
def shelf(machine: Host) -> Iterator[Shelf]:
    folder = machine.places.root / "kept"
    folder.mkdir(mode=0o700)
    yield Shelf(folder, machine)
    for backup in Backup.objects.all():
        machine.archives.discard(backup.slug, backup.file)
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()


@pytest.mark.host
def test_the_newest_that_is_whole_is_taken_and_the_others_are_told(shelf: Shelf) -> None:
    shelf.add(1)
    shelf.add(2)
    cut = shelf.add(3)
    cut.write_bytes(cut.read_bytes()[:-30])
    shelf.add(4, has={"files": True})
    shelf.add(5, site={"slug": "blog"})
    assert shelf.newest() == "shop-20260202T031500Z-2.tar.gz.age"
    others, partly, damaged = (line.partition("over: ")[2] for line in shelf.said if "over: " in line)
    assert (others, partly) == ("it is another site's.", "it holds only a part of the site.")
    assert "cut short" in damaged or "damaged" in damaged
    assert shelf.said[-1] == f"shop: {Backup.objects.get().file} is taken from {shelf.folder}."
    row = Backup.objects.get()
    assert (row.status, row.site, row.removed_at) == ("completed", shelf.site, None)
    assert [path.name for path in this_host().places.backups("shop").iterdir()] == [row.file]


@pytest.mark.host
def test_one_that_is_not_what_its_row_says_is_passed_over(shelf: Shelf) -> None:
    name = shelf.add(1).name
    a_backup(shelf.site, name, sha256="0" * 64)
    with pytest.raises(Refused, match="None of its 1 archives can be used"):
        shelf.newest()
    assert "not as it was written" in shelf.said[-1]


@pytest.mark.host
def test_where_none_is_there_the_newest_copy_elsewhere_is_read(shelf: Shelf) -> None:
    with pytest.raises(Refused, match="There is no archive of it"):
        shelf.newest()
    for name in ("old", "new"):
        a_copy(a_backup(shelf.site, f"{name}.tar.gz.age"), "s3")
    assert shelf.newest() == "new.tar.gz.age"
