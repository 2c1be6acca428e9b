"""Rewriting the addresses in a site's database, killed at every point, forward and back."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import MySQLdb
import pytest

from apps.databases.steps.rewriting import ForgetOldAddresses, RewriteAddresses
from apps.host.host import Host
from apps.operations.asking import Ask
from apps.operations.enqueue import enqueue
from apps.operations.flow import Flow
from apps.operations.models import Operation
from apps.operations.run import Run
from apps.sites.models import Site
from tests.operations.crashing import Loop, killed_forward, killed_undoing, site
from tests.operations.test_crash import before, drive, unsent

__all__ = ["before", "site", "unsent"]
pytestmark = [pytest.mark.host, pytest.mark.django_db(transaction=True)]
REWRITE = Flow(
    "test.rewriting",
    title="Rewriting",
    steps=(RewriteAddresses(), ForgetOldAddresses()),
)
OLD = ["https://old.test/a", 'a:1:{i:0;s:10:"//old.test";}', "https://old.test.evil/"]
NEW = ["https://newer.test/a", 'a:1:{i:0;s:12:"//newer.test";}', "https://old.test.evil/"]


def asked(host: Host, site: Site, statement: str, *values: str) -> Any:
    """What the server answers about the site's database."""
    name, socket = site.databases.get().name, host.places.mysql_socket
    opened = closing(MySQLdb.connect(unix_socket=str(socket), user="root", database=name, autocommit=True))
    with opened as connection, closing(connection.cursor()) as cursor:
        cursor.execute(statement, values or None)
        return cursor.fetchall()


def with_addresses(host: Host, site: Site) -> None:
    """Its database has a table with the old address."""
    asked(host, site, "CREATE OR REPLACE TABLE words (id INT AUTO_INCREMENT PRIMARY KEY, word TEXT)")
    asked(host, site, "INSERT INTO words (word) VALUES (%s), (%s), (%s)", *OLD)


def words(host: Host, site: Site) -> list[str]:
    """The table's texts; nothing else may be in the database."""
    assert asked(host, site, "SHOW TABLES") == (("words",),)
    return [word for (word,) in asked(host, site, "SELECT word FROM words ORDER BY id")]


def ask(site: Site) -> Operation:
    params = {"database_id": site.databases.get().pk, "rewrite": {"old.test": "newer.test"}}
    me = Ask(user=None, door="test")
    return enqueue(REWRITE, site, site.server, me, params=params, resources=[f"site:{site.pk}"])


def has_the_new(host: Host, site: Site) -> None:
    assert words(host, site) == NEW


LOOPS = {"rewrite": Loop(REWRITE, ask, has_the_new, with_addresses, ready=with_addresses)}


def test_killed_at_any_point_it_is_complete_afterwards(machine: Host, site: Site) -> None:
    killed_forward(LOOPS["rewrite"], machine, site)


def test_killed_on_the_way_back_it_leaves_the_database_as_it_was(machine: Host, site: Site) -> None:
    killed_undoing(LOOPS["rewrite"], machine, site)
    assert words(machine, site) == OLD


def test_what_was_done_and_what_would_be_is_said(machine: Host, site: Site) -> None:
    with_addresses(machine, site)
    name = site.databases.get().name
    operation = ask(site)
    drive(operation.pk, machine)
    assert operation.lines.get(key="addresses").memo["note"] == "2 places in 1 tables"
    told = RewriteAddresses().plan(Run(operation, lambda: machine))
    assert told == f"Change https://old.test to https://newer.test in every text of the database {name}"


def test_a_site_without_a_database_and_a_request_without_addresses_need_nothing(machine: Host, site: Site) -> None:
    with_addresses(machine, site)
    for params in ({"rewrite": {"old.test": "newer.test"}}, {"database_id": site.databases.get().pk}):
        me = Ask(user=None, door="test")
        operation = enqueue(REWRITE, site, site.server, me, params=params, resources=[f"site:{site.pk}"])
        drive(operation.pk, machine)
        operation.refresh_from_db()
        assert operation.status == "done", operation.error
    assert words(machine, site) == OLD
