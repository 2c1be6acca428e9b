"""A worker that does not come up: the reason is a sentence, with the end of its log where there is one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings

from apps.host.host import Host
from apps.operations.models import Operation
from apps.servers.models import Runtime
from tests.lifecycle.driving import ask, assert_undone, drive
from tests.operations.inventory import Inventory
from tests.parts.ground import open_folder

pytestmark = [pytest.mark.host, pytest.mark.django_db(transaction=True)]
DIES = "#!/bin/sh\necho starting\necho 'cannot allocate memory' >&2\nexit 1\n"
LINGERS = "#!/bin/sh\necho 'thinking about it'\nsleep 600\n"
HANGS = "<?php sleep(600);"


@pytest.fixture
def programs() -> Iterator[Path]:
    """A folder for programs that a site's user can come to."""
    with open_folder() as folder:
        yield folder


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits twenty seconds for an answer, nor fifteen for an end."""
    monkeypatch.setattr("apps.host.supervisor.ready.PATIENCE", 1.5)
    monkeypatch.setattr("apps.workers.roster.GRACE", 0.5)


def with_runtime(program: Path) -> Operation:
    """A request for a site that runs on *program*."""
    Runtime.objects.update(path=str(program))
    return ask(database=False)


def test_a_missing_frankenphp_is_named(machine: Host, before: Inventory, programs: Path) -> None:
    missing = programs / "frankenphp"
    operation = drive(with_runtime(missing), machine)
    assert_undone(operation, machine, before, f"FrankenPHP ({missing}) is missing", "correct FRANKENPHP_BIN.")


def test_a_frankenphp_that_may_not_be_run_is_named(machine: Host, before: Inventory, programs: Path) -> None:
    closed = programs / "frankenphp"
    closed.write_text(DIES)
    closed.chmod(0o644)
    operation = drive(with_runtime(closed), machine)
    assert_undone(operation, machine, before, f"FrankenPHP ({closed}) is missing, or the user", "may not run it")


def test_a_worker_that_dies_at_once_leaves_its_last_words(machine: Host, before: Inventory, programs: Path) -> None:
    operation = drive(with_runtime(program(programs, DIES)), machine)
    assert_undone(operation, machine, before, "The worker of fault ended while starting", "cannot allocate memory")


@pytest.mark.usefixtures("impatient")
def test_a_worker_that_never_answers_is_ended(machine: Host, before: Inventory, programs: Path) -> None:
    operation = drive(with_runtime(program(programs, LINGERS)), machine)
    assert_undone(operation, machine, before, "does not answer through PHP within", "thinking about it")


@pytest.mark.usefixtures("impatient")
def test_a_worker_whose_php_never_answers_is_ended(machine: Host, before: Inventory) -> None:
    """The real FrankenPHP: its port is open, and that proves nothing."""
    with probe_of(HANGS):
        operation = drive(ask(database=False), machine)
    assert_undone(operation, machine, before, "The worker of fault does not answer through PHP within")


def program(folder: Path, text: str) -> Path:
    path = folder / "frankenphp"
    path.write_text(text)
    path.chmod(0o755)
    return path


@contextmanager
def probe_of(text: str) -> Iterator[None]:
    """Another script in place of the one that shows that PHP answers."""
    ready: Path = settings.PLACES.probe / "ready.php"
    right = ready.read_text()
    ready.write_text(text)
    try:
        yield
    finally:
        ready.write_text(right)
