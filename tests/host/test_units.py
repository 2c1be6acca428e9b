"""The units for production: their score, and what no score sees."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

from apps.domains.front import FrontFacts
from apps.host.caddy import Front
from apps.host.command import run
from frankenpanel.places import Places

UNITS = Path(__file__).parents[2] / "systemd"
SERVICE, SOCKET = UNITS / "frankenphp@.service", UNITS / "frankenphp@.socket"
SERVICE_SITE = UNITS / "examples" / "frankenphp@7.service.d" / "site.conf"
SOCKET_SITE = UNITS / "examples" / "frankenphp@7.socket.d" / "site.conf"
SITE = Places(Path("/opt/frankenpanel"), Path("/run/frankenpanel"), Path("/var/cache/frankenpanel"), "")
WORST = 15
"""Tenths: 1.5 of 10."""

with_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")


def settings(*files: Path) -> dict[str, list[str]]:
    """Each setting's words, of all its lines, in their order."""
    found: dict[str, list[str]] = defaultdict(list)
    for file in files:
        for name, value in re.findall(r"^(\w+)=(.*)$", file.read_text(), re.MULTILINE):
            found[name] += value.split() or [""]
    return found


def bare(paths: list[str]) -> set[str]:
    return {path.lstrip("+-").split(":")[0].replace("%i", "7") for path in paths}


BOTH = settings(SERVICE, SERVICE_SITE)


@with_systemd
def test_the_worker_s_unit_is_as_closed_as_was_asked_for() -> None:
    argv = ["systemd-analyze", "security", "--offline=true", "--no-pager", f"--threshold={WORST}", str(SERVICE)]
    found = re.search(r"exposure level for \S+: ([\d.]+)", run(argv).decode())
    assert found
    assert float(found[1]) <= WORST / 10


@with_systemd
def test_systemd_understands_every_line(tmp_path: Path) -> None:
    for file in (SERVICE, SOCKET):
        # the binary is not here, and that alone may be missed
        text = file.read_text().replace("/opt/frankenpanel/bin/frankenphp", "/bin/true")
        (tmp_path / file.name).write_text(text)
    shutil.copytree(UNITS / "examples", tmp_path, dirs_exist_ok=True)
    argv = ["systemd-analyze", "verify", "--man=no", "frankenphp@7.service", "frankenphp@7.socket"]
    done = subprocess.run(argv, env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:"}, capture_output=True, text=True, check=False)
    assert [line for line in done.stderr.splitlines() if "frankenphp@" in line] == []
    assert done.returncode == 0


def test_the_unit_runs_what_the_panel_writes() -> None:
    assert BOTH["ExecStart"][-1].replace("%i", "7") == str(SITE.worker_config(7))
    assert str(SITE.runtime(7)) in bare(BOTH["BindReadOnlyPaths"])
    assert str(SITE.probe) in bare(BOTH["BindReadOnlyPaths"])
    assert str(SITE.mysql_socket.parent) in bare(BOTH["BindReadOnlyPaths"])
    assert bare(BOTH["BindPaths"]) == {str(SITE.site("shop")), str(SITE.site_logs("shop"))}
    assert BOTH["StandardOutput"] == BOTH["StandardError"] == [f"append:{SITE.worker_log('shop')}"]
    assert BOTH["User"] == BOTH["Group"] == [SITE.site_user(7).replace("7", "%i")]


def test_the_socket_unit_holds_the_port_first_and_the_metrics_second() -> None:
    assert settings(SOCKET_SITE)["ListenStream"] == ["127.0.0.1:8081", str(SITE.metrics_socket(7))]
    assert BOTH["Requires"] == ["frankenphp@%i.socket"]


def test_no_file_is_bound_that_the_panel_replaces() -> None:
    """A bound file would stay the old one after a rename; its folder does not."""
    assert not [path for path in bare(BOTH["BindReadOnlyPaths"]) if path.startswith("/opt") and "." in Path(path).name]


def test_25_nothing_runs_from_where_a_site_can_write() -> None:
    writable = bare(BOTH["BindPaths"]) | {"/", "/run", "/tmp", "/var/tmp"}  # noqa: S108 - the unit's own
    assert writable <= bare(BOTH["NoExecPaths"])
    assert bare(BOTH["ExecPaths"]) <= bare(BOTH["BindReadOnlyPaths"])


def test_18_no_program_of_a_site_can_bind_a_port() -> None:
    denied = BOTH["SystemCallFilter"]
    assert {"bind", "listen"} <= set(denied[denied.index("~@privileged") :])


def test_a_site_cannot_be_taken_down_by_killing_it_often() -> None:
    assert BOTH["StartLimitIntervalSec"] == ["0"]
    assert settings(SOCKET)["TriggerLimitIntervalSec"] == ["0"]


def test_what_did_not_work_has_not_come_back() -> None:
    assert "ExecReload" not in BOTH, "there is no program to send a signal with in the unit's root"
    assert BOTH["MemoryDenyWriteExecute"] == ["no"], "PHP's JIT crashes under it"
    assert "LogsDirectory" not in BOTH, "the worker's own log is root's"


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("systemd-tmpfiles") is None, reason="needs root and systemd")
def test_the_root_of_the_units_has_a_place_for_all_that_is_bound_into_it(tmp_path: Path) -> None:
    run(["systemd-tmpfiles", "--create", f"--root={tmp_path}", UNITS / "siteroot.conf"])
    root = tmp_path / BOTH["RootDirectory"][0].lstrip("/")
    missing = {path for path in bare(BOTH["BindReadOnlyPaths"]) if not (root / path.lstrip("/")).exists()}
    assert all(path.startswith(("/opt/frankenpanel/", "/run/frankenpanel/")) for path in missing), missing
    assert (root / "etc" / "passwd").read_text().count("\n") == 2
    assert (root / "lib").readlink() == Path("usr/lib")


FRONT, FRONT_SOCKETS = UNITS / "frankenpanel-front.service", UNITS / "frankenpanel-front.socket"


@with_systemd
def test_the_front_s_units_are_understood_and_closed(tmp_path: Path) -> None:
    for file in (FRONT, FRONT_SOCKETS):
        text = file.read_text().replace(str(SITE.root / "bin" / "frankenphp"), "/bin/true")
        (tmp_path / file.name).write_text(text)
    argv = ["systemd-analyze", "verify", "--man=no", FRONT.name, FRONT_SOCKETS.name]
    done = subprocess.run(argv, env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:"}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    argv = ["systemd-analyze", "security", "--offline=true", "--no-pager", f"--threshold={WORST}", str(FRONT)]
    run(argv)


def test_the_front_gets_its_sockets_in_the_order_in_which_its_file_names_them() -> None:
    lines = [line for line in FRONT_SOCKETS.read_text().splitlines() if line.startswith("Listen")]
    assert lines == ["ListenStream=80", "ListenStream=443", "ListenDatagram=443"]
    assert [one.partition(":")[0] for one in a_front().sockets] == ["tcp", "tcp", "udp"]
    assert [one.rpartition(":")[2] for one in a_front().sockets] == ["80", "443", "443"]


def test_the_front_writes_where_the_panel_lets_it_and_starts_from_what_it_accepted_last() -> None:
    words = settings(FRONT)
    wanted = {str(SITE.caddy_storage), str(SITE.logs("front")), str(SITE.front_admin.parent)}
    assert set(words["ReadWritePaths"]) == wanted
    assert words["ExecStart"] == Front(SITE.front_admin, SITE.root / "bin" / "frankenphp").command(SITE.caddyfile)
    assert words["User"] == [SITE.panel_user]


def a_front() -> FrontFacts:
    return FrontFacts(SITE, 80, 443, "panel.example.com", SITE.run / "panel" / "web.sock", (), inherited=True)
