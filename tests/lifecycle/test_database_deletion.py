"""A database deleted: refused while the site uses it, shut at once, kept for a while, taken back, or dropped."""

from __future__ import annotations

from datetime import timedelta

import MySQLdb
import pytest
from django.conf import settings
from django.utils.timezone import now

from apps.databases.models import Database
from apps.host.host import Host
from apps.lifecycle.database import create_database
from apps.lifecycle.database_deletion import delete_database, purge_database, undelete_database
from apps.lifecycle.database_rotation import rotate_database
from apps.lifecycle.purging import purge_what_is_over
from apps.operations.asking import Ask
from apps.operations.models import Operation
from apps.operations.refusals import Invalid, WrongState
from apps.servers.models import Kept
from apps.sites.models import Site
from tests.lifecycle.driving import ask, drive

pytestmark = [pytest.mark.host, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("before")]
ME = Ask(user=None, door="test")
LOCKED = 4151


@pytest.fixture
def site(machine: Host) -> Site:
    return Site.objects.get(pk=drive(ask(), machine).subject_id)


@pytest.fixture
def further(machine: Host, site: Site) -> Database:
    """A database that the site's configuration does not name."""
    operation = drive(create_database(ME, site, label="statistics"), machine)
    return Database.objects.select_related("site").get(pk=operation.params["database_id"])


def fresh(database: Database) -> Database:
    return Database.objects.select_related("site").get(pk=database.pk)


def connected(host: Host, database: Database) -> MySQLdb.Connection:
    password = host.vault.open(fresh(database).sealed_password)
    socket = str(settings.PLACES.mysql_socket)
    return MySQLdb.connect(unix_socket=socket, user=database.name, passwd=password, database=database.name)


def is_dropped(host: Host, database: Database) -> bool:
    mysql = host.mysql
    return not mysql.database_exists(database.name) and not mysql.account_exists(database.name)


def test_one_that_the_site_uses_is_refused_unless_it_is_forced(machine: Host, site: Site) -> None:
    database = Database.objects.select_related("site").get(site=site)
    operation = drive(delete_database(ME, database), machine)
    assert operation.status == "undone"
    assert operation.error.startswith(f"The configuration of {site.slug} uses {database}")
    assert fresh(database).status == "active"
    connected(machine, database)
    assert drive(delete_database(ME, database, force=True), machine).status == "done"
    assert fresh(database).status == "deleted"


def test_it_is_shut_at_once_and_comes_back_with_its_data_and_its_password(machine: Host, further: Database) -> None:
    open_one = connected(machine, further)
    open_one.cursor().execute("CREATE TABLE kept (word TEXT)")
    assert drive(delete_database(ME, further), machine).status == "done"
    with pytest.raises(MySQLdb.Error):
        open_one.cursor().execute("SELECT 1")
    with pytest.raises(MySQLdb.OperationalError) as refusal:
        connected(machine, further)
    assert refusal.value.args[0] == LOCKED
    kept = Kept.objects.get()
    assert (kept.kind, kept.place, kept.subject_id) == ("database", further.name, further.pk)
    assert abs(kept.until - now() - timedelta(days=settings.UNDO_DAYS)) < timedelta(minutes=1)
    assert kept.bytes > 0
    assert drive(undelete_database(ME, fresh(further)), machine).status == "done"
    with connected(machine, further).cursor() as cursor:
        cursor.execute("SHOW TABLES")
        assert cursor.fetchall() == (("kept",),)
    assert (fresh(further).status, Kept.objects.count()) == ("active", 0)


def test_28_when_its_time_is_over_a_chore_drops_it_with_its_grants(
    machine: Host, site: Site, further: Database
) -> None:
    drive(delete_database(ME, further), machine)
    purge_what_is_over(site.server, machine)
    assert not Operation.objects.filter(flow="database.purge").exists()
    Kept.objects.update(until=now() - timedelta(seconds=1))
    purge_what_is_over(site.server, machine)
    operation = Operation.objects.get(flow="database.purge")
    assert (operation.asker, drive(operation, machine).status) == ("the panel", "done")
    assert is_dropped(machine, further)
    assert not Database.objects.filter(pk=further.pk).exists()
    assert not Kept.objects.exists()
    purge_what_is_over(site.server, machine)
    assert Operation.objects.filter(flow="database.purge").count() == 1


@pytest.mark.parametrize("status", ["suspended", "inactive"])
def test_by_hand_it_is_dropped_whatever_its_site_is_like(machine: Host, further: Database, status: str) -> None:
    drive(delete_database(ME, further), machine)
    Site.objects.update(status=status)
    assert drive(purge_database(ME, fresh(further)), machine).status == "done"
    assert is_dropped(machine, further)
    Site.objects.update(status="active")


def test_what_makes_no_sense_as_it_is_is_refused_in_a_sentence(machine: Host, further: Database) -> None:
    for undo, said in ((undelete_database, "taken back"), (purge_database, "dropped")):
        with pytest.raises(WrongState, match=f"{further} is active; only a database that is deleted can be {said}"):
            undo(ME, further)
    drive(delete_database(ME, further), machine)
    active = f"{further} is deleted; only a database that is active can be"
    with pytest.raises(WrongState, match=f"{active} deleted"):
        delete_database(ME, fresh(further))
    with pytest.raises(WrongState, match=f"{active} given a new password"):
        rotate_database(ME, fresh(further))


@pytest.mark.parametrize("status", ["creating", "suspended", "deleting", "deleted"])
def test_a_site_in_another_state_gets_none_and_changes_none(machine: Host, further: Database, status: str) -> None:
    Site.objects.update(status=status)
    site = fresh(further).site
    with pytest.raises(WrongState, match=f"^{site.slug} is "):
        create_database(ME, site)
    with pytest.raises(WrongState, match=f"^{site.slug} is "):
        rotate_database(ME, fresh(further))
    with pytest.raises(WrongState, match=f"^{site.slug} is "):
        delete_database(ME, fresh(further))
    assert Database.objects.count() == 2
    Site.objects.update(status="active")


def test_one_that_was_changed_while_it_waited_in_line_is_refused_then(machine: Host, further: Database) -> None:
    first = delete_database(ME, further)
    second = rotate_database(Ask(user=None, door="test", or_wait=True), further)
    assert second.status == "waiting"
    drive(first, machine)
    second.refresh_from_db()
    assert drive(second, machine).status == "undone"
    assert "is deleted; only a database that is active" in second.error


def test_one_that_mysql_has_lost_does_not_come_back(machine: Host, further: Database) -> None:
    drive(delete_database(ME, further), machine)
    machine.mysql.drop(further.name)
    operation = drive(undelete_database(ME, fresh(further)), machine)
    assert (operation.status, fresh(further).status) == ("undone", "deleted")
    assert "restore a backup" in operation.error


@pytest.mark.parametrize("label", ["x" * 61, "a\nb", "\x1b[2J"])
def test_a_label_is_one_line(site: Site, label: str) -> None:
    with pytest.raises(Invalid, match="A label is one line of at most 60 characters"):
        create_database(ME, site, label=label)
    assert Database.objects.count() == 1


def test_a_creation_that_mysql_refuses_leaves_nothing(
    machine: Host, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    operation = create_database(ME, site)
    name = Database.objects.latest("pk").name
    machine.mysql.create(name, "somebody else's")
    assert drive(operation, machine).status == "undone"
    assert "that is not the panel's" in operation.error
    assert machine.mysql.database_exists(name)
    assert not Database.objects.filter(name=name).exists()
    machine.mysql.drop(name)
