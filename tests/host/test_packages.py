from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from typing import Any

import pytest

from apps.host import packages
from apps.host.errors import CommandFailed, Refused

PROXY = {"http_proxy": "http://proxy:3128", "SECRET_KEY": "hidden"}


class Machine:
    """What is installed, and what was run."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, uid: int, sudo: bool = False) -> None:
        self.ran: list[list[str]] = []
        self.sudo = sudo
        monkeypatch.setattr(packages, "run", self.run)
        monkeypatch.setattr(packages, "follow", self.follow)
        monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
        monkeypatch.setattr(os, "geteuid", lambda: uid)

    def run(self, argv: Sequence[str], **_: Any) -> bytes:
        if argv[0] == "sudo" and not self.sudo:
            raise CommandFailed("sudo", 1, "a password is required")
        return b"gcc installed\nlibold config-files\nlibhalf half-configured\n"

    def follow(self, argv: Sequence[str], on_line: Any, **options: Any) -> None:
        self.ran.append([*map(str, argv)])
        assert "hidden" not in str(argv) + str(options["env"])


def test_what_is_not_fully_installed_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    Machine(monkeypatch, uid=0)
    assert packages.missing(["gcc", "libold", "libhalf", "unknown"]) == ["libold", "libhalf", "unknown"]


def test_nothing_is_run_when_nothing_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, uid=0)
    packages.install(["gcc"], PROXY, pytest.fail)
    assert machine.ran == []


def test_root_installs_what_is_missing_and_says_so_first(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, uid=0)
    said: list[str] = []
    packages.install(["gcc", "re2c"], PROXY, said.append)
    assert said == ["Installing 1 Debian packages: re2c"]
    assert [argv[0] for argv in machine.ran] == ["apt-get", "apt-get"]
    assert machine.ran[1][-1] == "re2c" and "--yes" in machine.ran[1]


def test_who_may_use_sudo_without_a_password_installs_too_through_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, uid=1000, sudo=True)
    packages.install(["re2c"], PROXY, lambda line: None)
    assert all(argv[:3] == ["sudo", "-n", "env"] and "http_proxy=http://proxy:3128" in argv for argv in machine.ran)


def test_everybody_else_is_told_the_one_line_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, uid=1000)
    with pytest.raises(Refused) as refused:
        packages.install(["re2c", "bison"], PROXY, pytest.fail)
    line = str(refused.value).splitlines()[-1].strip()
    assert line == "sudo apt-get install --yes --no-install-recommends re2c bison"
    assert machine.ran == []


def test_where_there_is_no_dpkg_nothing_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    Machine(monkeypatch, uid=1000)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert packages.missing(["re2c"]) == []
