"""What the panel did not make: a creation goes round it or goes back, and never takes it over or removes it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from apps.databases.models import Database
from apps.host.host import Host
from apps.operations.models import Operation
from apps.servers.models import ForeignPort
from apps.sites.models import Site
from tests.lifecycle.driving import ask, assert_undone, drive
from tests.operations.inventory import Inventory, inventory
from tests.parts.mariadb import administer
from tests.parts.tenants import AS_ROOT

pytestmark = [pytest.mark.host, pytest.mark.backend, pytest.mark.django_db(transaction=True)]
PLACES = settings.PLACES
LISTENER = "import socket, time; s = socket.create_server(('127.0.0.1', {port})); print(1, flush=True); time.sleep(600)"
Lay = Callable[[Path], None]


@contextmanager
def stranger_on(port: int) -> Iterator[int]:
    """Another program that listens on *port*; gives its PID."""
    with subprocess.Popen([sys.executable, "-c", LISTENER.format(port=port)], stdout=subprocess.PIPE) as program:
        try:
            assert program.stdout is not None
            assert program.stdout.readline() == b"1\n"
            yield program.pid
            assert program.poll() is None, "the stranger was ended"
        finally:
            program.kill()


def as_asked(operation: Operation, host: Host, before: Inventory) -> Inventory:
    """The machine with the stranger on it, and the records as they were before the request."""
    return {**inventory(host), "records": before["records"]}


# Ports


def test_15_a_port_that_a_stranger_has_is_written_down_and_gone_round(machine: Host, before: Inventory) -> None:
    operation = ask()
    first, second = settings.SITE_PORTS[:2]
    with stranger_on(first) as pid:
        drive(operation, machine)
        assert (operation.status, Site.objects.get().port) == ("done", second)
        seen = ForeignPort.objects.get()
        assert (seen.port, seen.holder) == (first, f"pid {pid} ({Path(sys.executable).resolve()})")
        config = PLACES.worker_config(operation.subject_id).read_text()
        assert f"listen}}:{second}" in config
        assert f":{first}" not in config
    assert ask("Next").params
    assert Site.objects.get(slug="next").port == settings.SITE_PORTS[2]
    ForeignPort.objects.all().delete()


def test_15_a_stranger_who_takes_the_port_later_is_named(machine: Host, before: Inventory) -> None:
    operation = drive(ask(), machine, before="worker-start")
    port = Site.objects.get().port or 0
    with stranger_on(port) as pid:
        drive(operation, machine)
        expected = {**before, "listeners": [port]}
        assert_undone(operation, machine, expected, f"Port {port} is used by pid {pid}", "python")


def test_16_where_strangers_have_all_ports_it_is_full(machine: Host, before: Inventory) -> None:
    first = settings.SITE_PORTS[0]
    operation = ask()
    operation.server.last_port = first
    operation.server.save()
    with stranger_on(first):
        drive(operation, machine)
        assert_undone(operation, machine, {**before, "listeners": [first]}, "All 1 ports of local are taken", "python")


# Files and folders


def folder(path: Path) -> None:
    path.mkdir()
    (path / "precious").write_text("mine")


def file(path: Path) -> None:
    path.write_text("mine")


def dangling(path: Path) -> None:
    path.symlink_to("/nowhere/at/all")


def link(path: Path) -> None:
    path.symlink_to("/etc")


def facts(path: Path) -> object:
    """Enough of what lies there to see that nobody touched it."""
    found = path.lstat()
    inside = sorted((name, (path / name).read_text()) for name in os.listdir(path)) if folder_at(path) else None
    return found.st_ino, found.st_mode, found.st_uid, found.st_mtime_ns, inside


def folder_at(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def clear_away(path: Path) -> None:
    shutil.rmtree(path) if folder_at(path) else path.unlink()


@pytest.mark.parametrize("lay", [folder, file, dangling, link])
@pytest.mark.parametrize("place", [PLACES.site, PLACES.logs], ids=["site", "logs"])
def test_a_folder_that_the_panel_did_not_make_is_left_alone(
    machine: Host, before: Inventory, place: Callable[[str], Path], lay: Lay
) -> None:
    _is_left_alone(machine, before, ask(), place("fault"), lay, "that the panel did not make; move it away")


@pytest.mark.parametrize(
    ("place", "lay"),
    [
        (PLACES.runtime, folder),
        (PLACES.runtime, link),
        (PLACES.worker_link, dangling),
        (PLACES.worker_link, file),
        (PLACES.worker_pid, file),
        (PLACES.worker_lock, file),
        (PLACES.worker_socket_dir, folder),
    ],
)
def test_what_a_worker_runs_from_is_not_taken_from_somebody_else(
    machine: Host, before: Inventory, place: Callable[[int], Path], lay: Lay
) -> None:
    operation = ask(database=False)
    _is_left_alone(machine, before, operation, place(operation.subject_id), lay, "is not the panel's; move it away")


def _is_left_alone(host: Host, before: Inventory, operation: Operation, path: Path, lay: Lay, word: str) -> None:
    lay(path)
    try:
        was = facts(path)
        expected = as_asked(operation, host, before)
        assert_undone(drive(operation, host), host, expected, word)
        assert facts(path) == was
    finally:
        clear_away(path)


# MySQL


def sql(statement: str) -> Any:
    return administer(PLACES.mysql_socket, statement)


def test_a_database_that_the_panel_did_not_make_is_left_alone(machine: Host, before: Inventory) -> None:
    operation, name = ask(), Database.objects.get().name
    sql(f"CREATE DATABASE {name}")
    sql(f"CREATE TABLE {name}.precious SELECT 'mine' AS word")
    try:
        expected = as_asked(operation, machine, before)
        assert_undone(drive(operation, machine), machine, expected, f"{name} that is not the panel's; remove it")
        assert sql(f"SHOW TABLES IN {name}") == (("precious",),)
    finally:
        sql(f"DROP DATABASE {name}")


@pytest.mark.parametrize("host", ["localhost", "%"])
def test_an_account_that_the_panel_did_not_make_is_left_alone(machine: Host, before: Inventory, host: str) -> None:
    operation, name = ask(), Database.objects.get().name
    account = f"{name}@'{host}'"
    sql(f"CREATE USER {account} IDENTIFIED BY 'its own'")
    try:
        was = sql(f"SHOW CREATE USER {account}")
        expected = as_asked(operation, machine, before)
        assert_undone(drive(operation, machine), machine, expected, f"{name} that is not the panel's; remove it")
        assert sql(f"SHOW CREATE USER {account}") == was
    finally:
        sql(f"DROP USER {account}")


# Unix


@AS_ROOT
@pytest.mark.parametrize(
    ("add", "remove"),
    [(["useradd", "-M", "-s", "/usr/sbin/nologin"], ["userdel"]), (["groupadd"], ["groupdel"])],
    ids=["user", "group"],
)
def test_an_account_of_the_system_that_the_panel_did_not_make_is_left_alone(
    machine: Host, before: Inventory, add: list[str], remove: list[str]
) -> None:
    operation = ask(database=False)
    name = PLACES.site_user(operation.subject_id)
    subprocess.run([*add, name], check=True)
    try:
        expected = as_asked(operation, machine, before)
        assert_undone(drive(operation, machine), machine, expected, f"{name} is there and the panel did not make it")
        assert machine.users.exists(name)
    finally:
        subprocess.run([*remove, name], check=True)
