from __future__ import annotations

import os
import re
import signal
import socket
import ssl
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.host.claims import read
from apps.host.listeners import listening
from tests.servers.own_panel import CACHE, CHECKOUT, OwnPanel, own_panel

ROOT = os.geteuid() == 0


@pytest.fixture(scope="module")
def panel() -> Iterator[OwnPanel]:
    """One panel for the tests of this file, in their order: a person starts it again and again too."""
    with own_panel() as found:
        yield found


def test_without_arguments_it_says_what_it_can_do_and_does_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [CHECKOUT / "panel"],
        env={**os.environ, "FRANKENPANEL_CACHE": str(tmp_path / "cache"), "FRANKENPANEL_ROOT": str(tmp_path / "root")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "./panel demo" in done.stderr and "./panel test" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_script_is_short_and_needs_nothing_but_the_standard_library() -> None:
    lines = (CHECKOUT / "panel").read_text().splitlines()
    assert len(lines) <= 150
    script = f"import sys; sys.path.insert(0, {str(CHECKOUT)!r}); import apps.host.packages, apps.host.python"
    loaded = "print({name.partition('.')[0] for name in sys.modules} - set(sys.stdlib_module_names))"
    bare = [sys.executable, "-I", "-S", "-c", f"{script}\n{loaded}"]
    done = subprocess.run(bare, capture_output=True, text=True, check=True, cwd="/")
    assert eval(done.stdout) <= {"apps", "__main__"}  # noqa: S307 - a set that we have printed


@pytest.mark.parametrize(
    ("env", "sentence"),
    [
        ({"FRANKENPANEL_PYTHON": "/nonexistent/python"}, "FRANKENPANEL_PYTHON"),
        ({"FRANKENPANEL_ROOT": "relative"}, "panel: FRANKENPANEL_ROOT must be an absolute path"),
        ({"FRANKENPANEL_HTTP_PORT": "none"}, "panel: FRANKENPANEL_HTTP_PORT must be a port"),
        ({"FRANKENPHP_BIN": "/nonexistent/frankenphp"}, "panel: FRANKENPHP_BIN must be the absolute path of a program"),
    ],
)
@pytest.mark.host
def test_a_wrong_value_ends_with_one_sentence(panel: OwnPanel, env: dict[str, str], sentence: str) -> None:
    code, printed = panel.run("up", **env)
    assert code != 0
    assert sentence in printed
    assert "Traceback" not in printed
    assert not panel.processes()


@pytest.mark.host
def test_demo_check_creates_the_site_shows_its_page_and_leaves_no_process(panel: OwnPanel) -> None:
    code, printed = panel.run("demo", "--check")
    assert code == 0, printed
    assert "Creating the site “My first site”, step by step" in printed
    assert re.search(r"https://shop\.localhost:\d+/ answers 200 with the WordPress site", printed)
    assert re.search(r"user admin  password \S{12,}  \(shown once\)", printed)
    assert panel.wait_for_no_processes() == {}
    ours = {int(panel.settings[f"FRANKENPANEL_{name}_PORT"]) for name in ("HTTP", "HTTPS")}
    assert not ours & listening()


@pytest.mark.host
def test_the_second_demo_reuses_everything_and_ctrl_c_stops_everything(panel: OwnPanel) -> None:
    began = time.monotonic()
    demo = panel.start("demo")
    printed = ""
    assert demo.stdout
    for line in demo.stdout:
        printed += line
        if "Ctrl-C stops everything" in line:
            break
    assert time.monotonic() - began < 60
    assert "Creating" not in printed and "password ./panel" not in printed
    assert "is there from before; a new password: ./panel changepassword admin" in printed
    _the_servers_have_their_users(panel)
    _no_secret_is_in_a_command_line_or_with_the_front(panel)
    _the_curl_lines_work(printed)
    _status_tells_ports_and_memory(panel)
    _nothing_is_for_everybody_to_write(panel)
    demo.send_signal(signal.SIGINT)
    rest, _ = demo.communicate(timeout=120)
    assert demo.returncode == 0, rest
    assert panel.wait_for_no_processes() == {}


def _the_servers_have_their_users(panel: OwnPanel) -> None:
    if not ROOT:
        return
    roots = [line for pid, line in panel.processes().items() if Path(f"/proc/{pid}").stat().st_uid == 0]
    allowed = re.compile(r"supervisord|celery -A frankenpanel worker|/panel demo|apps\.servers\.local\.enter|setpriv")
    assert [line for line in roots if not allowed.search(line)] == []
    assert any("gunicorn" in line for line in panel.processes().values())


def _no_secret_is_in_a_command_line_or_with_the_front(panel: OwnPanel) -> None:
    secret = (panel.root / "secret_key").read_text().strip()
    lines = panel.processes()
    assert not [line for line in lines.values() if secret in line or "password" in line.lower()]
    front = [pid for pid, line in lines.items() if "--adapter caddyfile" in line]
    assert front
    environment = Path(f"/proc/{front[0]}/environ").read_bytes().split(b"\0")
    assert {name.partition(b"=")[0] for name in environment if name} == {b"HOME"}


def _the_curl_lines_work(printed: str) -> None:
    lines = re.findall(r"--cacert (\S+) --resolve (\S+):(\d+):127\.0\.0\.1 (\S+)", printed)
    assert len(lines) == 2
    for authority, host, port, _ in lines:
        trusted = ssl.create_default_context(cafile=authority)
        with socket.create_connection(("127.0.0.1", int(port))) as plain:
            trusted.wrap_socket(plain, server_hostname=host).close()


def _status_tells_ports_and_memory(panel: OwnPanel) -> None:
    code, printed = panel.run("status", "--format", "plain")
    assert code == 0, printed
    rows = {line.split("\t")[0]: line.split("\t") for line in printed.splitlines() if "\t" in line}
    servers = ["mariadb", "front", "web", "runner", "runner-long", "runner-cron", "beat"]
    assert list(rows) == [*servers, "site my-first-site"]
    assert all(row[1] == "RUNNING" and float(row[3]) > 1 for row in rows.values())
    assert panel.settings["FRANKENPANEL_HTTPS_PORT"] in rows["front"][4]


def _nothing_is_for_everybody_to_write(panel: OwnPanel) -> None:
    """Sockets excepted: MariaDB's asks for an account, the others lie in closed folders."""
    for top in (panel.root, panel.places.run):
        for path in (top, *top.rglob("*")):
            mode = path.lstat().st_mode
            if not stat.S_ISLNK(mode) and not stat.S_ISSOCK(mode):
                assert not mode & stat.S_IWOTH, path


@pytest.mark.host
def test_a_front_port_that_is_taken_later_is_told_with_its_holder(panel: OwnPanel) -> None:
    port = int(panel.settings["FRANKENPANEL_HTTPS_PORT"])
    with socket.create_server(("127.0.0.1", port)):
        code, printed = panel.run("up")
    assert code == 1
    assert f"The front's port {port} is taken by pid {os.getpid()} ({Path(sys.executable).resolve()})" in printed
    assert "FRANKENPANEL_HTTPS_PORT" in printed
    assert panel.run("down")[0] == 0
    assert panel.wait_for_no_processes() == {}


@pytest.mark.host
def test_up_again_is_no_error_and_down_stops_the_sites_too(panel: OwnPanel) -> None:
    assert panel.run("up")[0] == 0
    before = set(panel.processes())
    assert panel.run("up")[0] == 0
    assert set(panel.processes()) == before
    assert _page(panel).startswith("<!DOCTYPE html>")
    assert panel.run("down")[0] == 0
    assert panel.wait_for_no_processes() == {}
    code, printed = panel.run("status")
    assert code == 1 and "STOPPED" in printed


def _page(panel: OwnPanel) -> str:
    """The site's home page, straight from its worker."""
    site = "http://127.0.0.1:" + panel.settings["FRANKENPANEL_SITE_PORTS"].partition("-")[0]
    name = f"shop.localhost:{panel.settings['FRANKENPANEL_HTTPS_PORT']}"
    with urllib.request.urlopen(urllib.request.Request(site, headers={"Host": name})) as page:
        return str(page.read().decode())


@pytest.mark.host
def test_two_panels_have_nothing_in_common(panel: OwnPanel) -> None:
    with own_panel() as other:
        code, printed = other.run("prepare")
        assert code == 0, printed
        assert other.places.instance != panel.places.instance
        claims = {one.root: one for one in read(CACHE / "instances.json")}
        assert claims[str(panel.root)].collides(claims[str(other.root)]) == ""
    assert str(other.root) not in [one.root for one in read(CACHE / "instances.json")]
