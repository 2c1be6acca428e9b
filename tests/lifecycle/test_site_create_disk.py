"""A disk without room: the creation says how much is missing, and nothing half written stays."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings

from apps.host.host import Host
from tests.lifecycle.driving import ask, assert_undone, drive
from tests.operations.inventory import Inventory
from tests.parts.tenants import AS_ROOT

pytestmark = [AS_ROOT, pytest.mark.host, pytest.mark.django_db(transaction=True)]
PLACES = settings.PLACES


@contextmanager
def small_disk(folder: Path, options: str) -> Iterator[None]:
    """Over *folder*, meanwhile, a file system of its own with little room and the folder's mode."""
    mode = f"{folder.stat().st_mode & 0o777:o}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"mode={mode},{options}", "tmpfs", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(folder: Path) -> None:
    with (folder / "filling").open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4096)):
            continue


def test_an_application_that_has_no_room_tells_the_bytes_it_needs(machine: Host, before: Inventory) -> None:
    with small_disk(PLACES.root / "sites", "size=1m"):
        operation = drive(ask(kind="wordpress"), machine)
        assert_undone(operation, machine, before, "The disk is too full: ", " bytes are needed and ")
        needed = int(operation.error.split("full: ")[1].split()[0])
        assert needed > 20_000_000
    assert operation.failed_step == "application-files"


@pytest.mark.parametrize("options", ["size=40k", "nr_inodes=2"])
def test_a_folder_that_has_no_room_is_told_so(machine: Host, before: Inventory, options: str) -> None:
    sites = PLACES.root / "sites"
    with small_disk(sites, options):
        assert_undone(drive(ask(), machine), machine, before, f"The disk of {sites / 'fault'} is ")


@pytest.mark.parametrize("step", ["worker-config", "worker-start"])
def test_a_disk_that_fills_up_meanwhile_is_told_so(machine: Host, before: Inventory, step: str) -> None:
    runtime = PLACES.root / "runtime"
    with small_disk(runtime, "size=200k"):
        operation = drive(ask(database=False), machine, before=step)
        fill(runtime)
        drive(operation, machine)
        (runtime / "filling").unlink()
        assert_undone(operation, machine, before, f"The disk of {runtime}", "full")
    assert operation.failed_step == step


def test_10_a_full_disk_leaves_the_caddyfile_whole(
    machine: Host, before: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is torn, and though there is no room for anything the creation is taken back to its end."""
    operation = drive(ask(database=False), machine, before="caddyfile")
    places = machine.places
    was = [file.read_text() for file in (places.caddyfile, places.caddyfile_next)]
    monkeypatch.setattr(os, "fstatvfs", lambda descriptor: SimpleNamespace(f_bavail=0, f_frsize=4096))
    drive(operation, machine)
    assert_undone(operation, machine, before, f"The disk of {places.caddyfile_next} is too full: ", " bytes are needed")
    assert [file.read_text() for file in (places.caddyfile, places.caddyfile_next)] == was
