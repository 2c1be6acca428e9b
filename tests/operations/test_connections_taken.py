"""Others have taken every connection of PostgreSQL: a request is told so, and a runner comes back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psycopg
import pytest
from django.db import OperationalError, close_old_connections, connection, connections

from apps.audit.models import AuditRow
from apps.host.host import Host
from apps.operations import engine
from apps.operations.models import Hold, Operation
from apps.sites.models import Site
from tests import environment
from tests.lifecycle.driving import drive
from tests.make import a_client, a_user
from tests.operations.inventory import Inventory
from tests.operations.killing import watching
from tests.operations.test_crash import ask_for_a_site, assert_complete, before, take_back, unsent

__all__ = ["before", "unsent"]
pytestmark = [
    pytest.mark.host,
    pytest.mark.backend,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(environment.DATABASE is None, reason="SQLite has no connections that others could take"),
]


@contextmanager
def every_connection_taken() -> Iterator[int]:
    """Those kept for administrators too: the tests' account is one. Yields how many there were to take."""
    address = connection.get_connection_params()
    facts = {name: address[name] for name in ("host", "port", "user", "password", "dbname")}
    connections.close_all()
    with ExitStack() as taken:
        count = 0
        try:
            while True:
                taken.enter_context(psycopg.connect(**facts))
                count += 1
        except psycopg.OperationalError as error:
            assert "too many clients" in str(error) or "remaining connection slots" in str(error), error
        yield count


def test_a_request_is_told_so_in_a_sentence_and_nothing_of_it_is_left(machine: Host) -> None:
    client = a_client(a_user("ana", is_superuser=True))
    client.raise_request_exception = False
    asked = {"name": "Full", "kind": "custom", "domain": "full.localhost"}
    rows = AuditRow.objects.count()
    with every_connection_taken() as taken:
        assert taken > 10
        answer = client.post("/api/v1/sites/", asked, format="json")
    assert (answer.status_code, answer.json()["code"]) == (503, "database")
    assert answer.json()["detail"].endswith(".") and "FATAL" not in answer.json()["detail"]
    assert answer.headers["Retry-After"]
    assert not (Site.objects.exists() or Operation.objects.exists() or Hold.objects.exists())
    assert AuditRow.objects.count() == rows
    assert client.post("/api/v1/sites/", asked, format="json").status_code == 202


@pytest.mark.parametrize("point", ["engine.before-the-line", "mysql.account-made", "engine.after-the-act"])
def test_a_runner_that_gets_none_in_the_middle_of_a_step_comes_back_and_completes_it(
    machine: Host, before: Inventory, point: str
) -> None:
    operation = drive(ask_for_a_site(), machine, before="database")
    with ExitStack() as others:

        def take_all(name: str) -> None:
            if name == point:
                others.enter_context(every_connection_taken())

        with watching(take_all), pytest.raises(OperationalError):  # type: ignore[arg-type]
            engine.advance(operation.pk, lambda: machine)
        with pytest.raises(OperationalError):
            engine.advance(operation.pk, lambda: machine)
    close_old_connections()  # as a task does before and after
    operation.refresh_from_db()
    assert (operation.status, operation.error) == ("running", "")
    drive(operation, machine)
    assert operation.status == "done"
    assert_complete(machine, operation, before)
    take_back(operation.pk, machine)
