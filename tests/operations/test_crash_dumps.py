"""Export and import of a database, killed at every point, forward and back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from apps.databases.models import Database, Export
from apps.host.crash import CrashPoint
from apps.host.host import Host
from apps.lifecycle.database_dumps import EXPORT, IMPORT, export_database, import_database
from apps.operations.asking import Ask
from apps.operations.models import Operation
from apps.sites.models import Site
from tests.operations.crashing import Loop, killed_forward, killed_undoing
from tests.operations.inventory import Inventory
from tests.operations.killing import Recorder, watching
from tests.operations.test_crash import ask_for_a_site, before, drive, take_back, unsent
from tests.parts import dumping

__all__ = ["before", "unsent"]
pytestmark = [pytest.mark.host, pytest.mark.backend, pytest.mark.django_db(transaction=True)]
ME = Ask(user=None, door="test")
NEW = """
CREATE TABLE parents (name VARCHAR(9));
INSERT INTO parents VALUES ('new');
CREATE VIEW v AS SELECT 1 AS one;
"""


def database_of(site: Site) -> Database:
    return Database.objects.select_related("site__server").get(site=site)


def content(host: Host, site: Site) -> dict[str, Any]:
    return dumping.content(host.places.mysql_socket, database_of(site).name)


def filled(host: Host, site: Site) -> None:
    """One of everything in it, which is the site's own; and a dump of something else in its private folder."""
    database = database_of(site)
    password = host.vault.open(database.sealed_password)
    host.schemas.empty(database.name, database.name)
    dumping.run(host.places.mysql_socket, database.name, dumping.SOME, database.name, password)
    owner = host.users.identity(host.places.site_user(site.pk))
    host.files.write_as(owner, site.slug, "private/new.sql", NEW)


def exports_gone(host: Host, site: Site) -> None:
    owner = host.users.identity(host.places.site_user(site.pk))
    for export in Export.objects.filter(site=site):
        host.site_files.remove(owner, site.slug, export.path)
    Export.objects.all().delete()


def exported(host: Host, site: Site) -> None:
    folder = host.places.site(site.slug) / "private" / "exports"
    export = Export.objects.get(site=site)
    assert [entry.name for entry in folder.iterdir()] == [export.file]
    assert export.bytes == (folder / export.file).stat().st_size > 0


def imported(host: Host, site: Site) -> None:
    assert set(content(host, site)) - {f"its {kind}" for kind in dumping.CODE} == {"parents"}
    assert [view[0] for view in content(host, site)["its views"]] == ["v"]
    assert not content(host, site)["its triggers"]
    exported(host, site)


def filled_again(host: Host, site: Site) -> None:
    exports_gone(host, site)
    filled(host, site)


@dataclass(frozen=True)
class ToThePoint(Loop):
    """One that has a point of no return is turned back before it."""

    @property
    def steps(self) -> int:
        return len(self.flow.lines) - bool(self.flow.no_return)


def ask_for_export(site: Site) -> Operation:
    return export_database(ME, database_of(site))


def ask_for_import(site: Site) -> Operation:
    return import_database(ME, database_of(site), path="new.sql")


LOOPS = {
    "export": ToThePoint(EXPORT, ask_for_export, exported, exports_gone, ready=filled),
    "import": ToThePoint(IMPORT, ask_for_import, imported, filled_again, ready=filled),
}


@pytest.fixture
def site(machine: Host, before: Inventory) -> Iterator[Site]:
    operation = ask_for_a_site()
    drive(operation.pk, machine)
    yield Site.objects.get(pk=operation.subject_id)
    exports_gone(machine, Site.objects.get(pk=operation.subject_id))
    take_back(operation.pk, machine)


def test_every_point_of_a_dumps_drivers_is_passed(machine: Host, site: Site) -> None:
    loop, own = LOOPS["import"], ("schemas.", "site-files.", "import.")
    filled(machine, site)
    with watching(Recorder(loop.steps)) as back:
        drive(ask_for_import(site).pk, machine)
    with watching(Recorder()) as forward:
        drive(ask_for_import(site).pk, machine)
    passed = {*back.passed, *forward.passed}
    assert {name for name in CrashPoint.names if name.startswith(own)} - passed == set()


@pytest.mark.parametrize("name", LOOPS)
def test_killed_at_any_point_it_is_complete_afterwards(name: str, machine: Host, site: Site) -> None:
    killed_forward(LOOPS[name], machine, site)


@pytest.mark.parametrize("name", LOOPS)
def test_killed_on_the_way_back_it_leaves_the_database_as_it_was(name: str, machine: Host, site: Site) -> None:
    killed_undoing(LOOPS[name], machine, site)
    password = machine.vault.open(database_of(site).sealed_password)
    name = database_of(site).name
    was = content(machine, site)
    machine.schemas.empty(name, name)
    dumping.run(machine.places.mysql_socket, name, dumping.SOME, name, password)
    assert was == content(machine, site)
    assert not Export.objects.exists()
    folder = machine.places.site(site.slug) / "private" / "exports"
    assert list(folder.iterdir()) == []
