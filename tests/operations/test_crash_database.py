"""A database created, given a new password, deleted, taken back and dropped: killed at every point."""

from __future__ import annotations

import MySQLdb
import pytest
from django.conf import settings

from apps.databases.models import Database
from apps.host.host import Host
from apps.lifecycle.database import CREATE, create_database
from apps.lifecycle.database_deletion import (
    DELETE,
    PURGE,
    UNDELETE,
    delete_database,
    purge_database,
    undelete_database,
)
from apps.lifecycle.database_rotation import ROTATE, rotate_database
from apps.operations.asking import Ask
from apps.operations.models import Operation
from apps.servers.models import Kept
from apps.sites.models import Site
from tests.operations.crashing import Loop, as_it_is, killed_forward, killed_undoing, site
from tests.operations.test_crash import before, drive, unsent

__all__ = ["before", "site", "unsent"]
pytestmark = [pytest.mark.host, pytest.mark.backend, pytest.mark.django_db(transaction=True)]
ME = Ask(user=None, door="test")


def the(site: Site) -> Database:
    """The one that its configuration names."""
    return Database.objects.select_related("site").filter(site=site).order_by("pk")[0]


def last(site: Site) -> Database:
    return Database.objects.select_related("site").filter(site=site).order_by("-pk")[0]


def opens(host: Host, database: Database) -> bool:
    """Whether what the panel has sealed opens it."""
    password, socket = host.vault.open(database.sealed_password), str(host.places.mysql_socket)
    try:
        MySQLdb.connect(
            unix_socket=socket, user=database.name, passwd=password, database=database.name
        ).close()  # type: ignore[no-untyped-call]
    except MySQLdb.Error:
        return False
    return True


def up(host: Host, site: Site) -> None:
    """One password: the panel's, the account's and the configuration's."""
    database = the(site)
    assert (database.status, database.sealed_pending) == ("active", "")
    assert opens(host, database)
    text = (settings.PLACES.site(site.slug) / "private" / ".env").read_text()
    assert f"DB_PASSWORD={host.vault.open(database.sealed_password)}\n" in text


def two(host: Host, site: Site) -> None:
    assert [database.status for database in site.databases.order_by("pk")] == ["active", "active"]
    assert opens(host, last(site))


def kept(host: Host, site: Site) -> None:
    assert the(site).status == "deleted"
    assert Kept.objects.filter(place=the(site).name).count() == 1
    assert not opens(host, the(site))


def gone(host: Host, site: Site) -> None:
    assert site.databases.count() == 1
    assert not Kept.objects.exists()


def a_further_one(site: Site) -> Operation:
    """Of the same name each time, so that two inventories are alike."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("apps.lifecycle.database.database_name", lambda prefix, slug: f"{prefix}further_000000")
        return create_database(ME, site)


def purged(host: Host, site: Site) -> None:
    database = last(site)
    deleted(host, database)
    drive(purge_database(ME, last(site)).pk, host)


def deleted(host: Host, database: Database) -> None:
    drive(delete_database(ME, database, force=True).pk, host)


def first_deleted(host: Host, site: Site) -> None:
    deleted(host, the(site))


def first_taken_back(host: Host, site: Site) -> None:
    drive(undelete_database(ME, the(site)).pk, host)
    assert opens(host, the(site))


def further_deleted(host: Host, site: Site) -> None:
    drive(a_further_one(site).pk, host)
    deleted(host, last(site))


LOOPS = {
    "create": Loop(CREATE, a_further_one, two, purged),
    "rotate": Loop(ROTATE, lambda site: rotate_database(ME, the(site)), up, as_it_is),
    "delete": Loop(DELETE, lambda site: delete_database(ME, the(site), force=True), kept, first_taken_back),
    "undelete": Loop(
        UNDELETE, lambda site: undelete_database(ME, the(site)), up, first_deleted, ready=first_deleted
    ),
    "purge": Loop(PURGE, lambda site: purge_database(ME, last(site)), gone, further_deleted, ready=further_deleted),
}
ONE_WAY = {"purge"}
"""Past its first act there is only forward."""


@pytest.mark.parametrize("name", LOOPS)
def test_31_killed_at_any_point_it_is_complete_afterwards(name: str, machine: Host, site: Site) -> None:
    killed_forward(LOOPS[name], machine, site)


@pytest.mark.parametrize("name", sorted(LOOPS.keys() - ONE_WAY))
def test_31_killed_on_the_way_back_it_leaves_all_as_it_was(name: str, machine: Host, site: Site) -> None:
    killed_undoing(LOOPS[name], machine, site)
