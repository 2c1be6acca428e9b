"""Being the runner of an operation, step by step, and knowing afterwards that nothing of it is left."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from django.utils.timezone import now

from apps.host.host import Host
from apps.lifecycle.site import CREATE, create_site
from apps.operations import engine
from apps.operations.asking import Ask
from apps.operations.models import Operation
from tests.lifecycle.creation import clear
from tests.operations.inventory import Inventory, inventory

PATIENCE = 60.0


def ask(name: str = "Fault", kind: str = "custom", *, database: bool = True) -> Operation:
    """A request for a site. The name in lower case is its slug, and its address below ``localhost``."""
    return create_site(Ask(user=None, door="test"), name, kind, f"{name.lower()}.localhost", database=database)


def drive(operation: Operation, host: Host, *, before: str = "") -> Operation:
    """Carry out what is due, to the end; or, with *before*, until that step is the next one."""
    until = time.monotonic() + PATIENCE
    while not operation.ended and (not before or next_step(operation) != before):
        assert time.monotonic() < until, f"it never ended: {operation.status}, {operation.reason}"
        time.sleep(max(0.0, (operation.due_at - now()).total_seconds()))
        engine.advance(operation.pk, lambda: host)
        operation.refresh_from_db()
    return operation


def tried(operation: Operation, host: Host) -> Operation:
    """One try of its next step."""
    engine.advance(operation.pk, lambda: host)
    operation.refresh_from_db()
    return operation


def next_step(operation: Operation) -> str:
    done = set(operation.lines.filter(status="done").values_list("key", flat=True))
    return next((line.key for line in CREATE.lines if line.key not in done), "")


def assert_undone(operation: Operation, host: Host, before: Inventory, *words: str) -> None:
    """It was taken back, says why in a sentence with these *words*, and the machine is as it was."""
    assert operation.status == "undone", f"{operation.status}: {operation.error}"
    for word in words:
        assert word in operation.error, operation.error
    assert operation.error[-1] in ".:" or "\n" in operation.error, operation.error
    assert "Traceback" not in operation.error
    assert "The panel has a fault" not in operation.error
    assert inventory(host) == before
    host_names = host.places.caddyfile_next.read_text() if host.places.caddyfile_next.exists() else ""
    assert f"{operation.subject_label.lower()}.localhost" not in host_names


@pytest.fixture
def before(machine: Host, unsent: None) -> Iterator[Inventory]:
    """What is on the machine before the test. It is again afterwards: sites that were made are taken back."""
    found = inventory(machine)
    yield found
    clear(machine)
    assert inventory(machine) == found


@pytest.fixture
def unsent(monkeypatch: pytest.MonkeyPatch) -> None:
    """No broker: the test is the runner."""
    monkeypatch.setattr("apps.operations.sending.send", lambda pk, queue, after=0.0: None)
