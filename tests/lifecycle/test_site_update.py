"""A site's title and settings: changed while it serves, seen by PHP, taken back where the page is worse."""

from __future__ import annotations

import json
import shutil
import socket
import ssl
import threading
from http.client import HTTPSConnection
from typing import Any

import pytest
from django.conf import settings

from apps.host.host import Host
from apps.host.supervisor import find
from apps.host.visit import fetch
from apps.lifecycle.site_activation import stop_site
from apps.lifecycle.site_update import update_site
from apps.operations.asking import Ask
from apps.operations.models import Hold, Operation
from apps.operations.refusals import Invalid, WrongState
from apps.sites.models import Site
from apps.workers.roster import worker_of
from tests.lifecycle.driving import ask, drive
from tests.parts.front import RunningFront

pytestmark = [
    pytest.mark.host,
    pytest.mark.backend,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("before"),
]
ME = Ask(user=None, door="test")
PAGE = """<?php
$values = ['body' => strlen(file_get_contents('php://input')), 'zone' => date_default_timezone_get()];
foreach (['memory_limit', 'upload_max_filesize', 'post_max_size', 'max_execution_time', 'max_input_vars',
    'display_errors'] as $key) {
    $values[$key] = ini_get($key);
}
echo json_encode($values);
"""


@pytest.fixture
def site(machine: Host) -> Site:
    return Site.objects.get(pk=drive(ask(database=False), machine).subject_id)


def put(site: Site, relative: str, text: str) -> None:
    """A new file of the site's: PHP keeps what it has compiled of an old one."""
    page = settings.PLACES.public(site.slug) / relative
    page.parent.mkdir(exist_ok=True)
    page.unlink(missing_ok=True)
    page.write_text(text)
    for path in (page.parent, page):
        shutil.chown(path, settings.PLACES.site_user(site.pk))
    page.chmod(0o644)


def changed(site: Site, host: Host, **words: Any) -> Operation:
    operation = drive(update_site(ME, Site.objects.get(pk=site.pk), **words), host)
    site.refresh_from_db()
    return operation


def told(site: Site, path: str = "/told.php") -> dict[str, Any]:
    status, body = fetch(site.port or 0, "fault.localhost", path, 10)
    assert status == 200, body
    return dict(json.loads(body))


def pid_of(site: Site, host: Host) -> int:
    server = find.server(worker_of(Site.objects.get(pk=site.pk), host))
    assert server is not None
    return server.pid


def configured(site: Site) -> Any:
    return json.loads(settings.PLACES.worker_config(site.pk).read_text())["apps"]["frankenphp"]


def test_php_follows_the_settings_in_the_process_that_runs(machine: Host, site: Site) -> None:
    """Threads too: a reload is enough for all of them, so nobody waits for a restart."""
    put(site, "told.php", PAGE)
    before = pid_of(site, machine)
    words = {"memory_limit": "300", "upload_limit": "3", "execution_time": "77", "input_vars": "2222"}
    operation = changed(site, machine, **words, time_zone="Europe/Vienna", display_errors="on", threads="9")
    assert operation.status == "done", operation.error
    found = told(site)
    assert (found["memory_limit"], found["upload_max_filesize"], found["post_max_size"]) == ("300M", "3M", "3M")
    assert (found["max_execution_time"], found["max_input_vars"]) == ("77", "2222")
    assert (found["zone"], found["display_errors"]) == ("Europe/Vienna", "1")
    assert (configured(site)["num_threads"], configured(site)["max_threads"]) == (2, 9)
    assert pid_of(site, machine) == before
    assert changed(site, machine, **dict.fromkeys(words, "")).status == "done"
    assert told(site)["memory_limit"] == "256M"
    assert site.chosen == {"time_zone": "Europe/Vienna", "display_errors": "on", "threads": "9"}
    assert not Hold.objects.exists()


def test_as_many_requests_are_answered_at_once_as_there_are_threads(machine: Host, site: Site) -> None:
    """Each waits until all the others are there: with a thread too few none would ever end."""
    put(site, "meet.php", "<?php touch('tmp-'.$_GET['n']); for ($i = 0; $i < 400 && count(glob('tmp-*')) < 9; $i++) {"
        " usleep(10000); } echo count(glob('tmp-*'));")  # fmt: skip
    assert changed(site, machine, threads="9").status == "done"
    met: list[str] = []

    def visit(number: int) -> None:
        met.append(fetch(site.port or 0, "fault.localhost", f"/meet.php?n={number}", 10)[1])

    visitors = [threading.Thread(target=visit, args=(number,)) for number in range(9)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    assert met == ["9"] * 9


class ByName(HTTPSConnection):
    """A visitor to whom the site's name leads to this machine."""

    def connect(self) -> None:
        plain = socket.create_connection(("127.0.0.1", settings.HTTPS_PORT), timeout=30)
        context = ssl.create_default_context(cafile=str(settings.PLACES.internal_ca))
        self.sock = context.wrap_socket(plain, server_hostname=self.host)


def sent(size: int) -> tuple[int, str]:
    connection = ByName("fault.localhost")
    try:
        connection.request("POST", "/told.php", body=b"x" * size, headers={"Content-Type": "text/plain"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
        return 413, ""  # it was closed before all was sent
    finally:
        connection.close()


def test_the_upload_limit_is_the_sites_own_through_the_front(machine: Host, site: Site) -> None:
    mebibyte = 1024 * 1024
    put(site, "told.php", PAGE)
    assert changed(site, machine, upload_limit="80").status == "done"
    status, body = sent(70 * mebibyte)
    assert (status, json.loads(body)["body"]) == (200, 70 * mebibyte)
    assert changed(site, machine, upload_limit="2").status == "done"
    status, body = sent(3 * mebibyte)
    assert status == 413 or json.loads(body)["body"] < 3 * mebibyte


def test_a_title_changes_and_nothing_else(machine: Host, site: Site) -> None:
    before = settings.PLACES.worker_config(site.pk).read_bytes(), pid_of(site, machine), site.slug
    assert changed(site, machine, name="Rose & Sons").status == "done"
    assert site.name == "Rose & Sons"
    assert (settings.PLACES.worker_config(site.pk).read_bytes(), pid_of(site, machine), site.slug) == before
    with pytest.raises(WrongState, match="already"):
        update_site(ME, site, name="Rose & Sons", memory_limit="")
    with pytest.raises(Invalid):
        update_site(ME, site, name="a\nb")


def test_a_document_root_is_served_once_it_is_there(machine: Host, site: Site, parts: RunningFront) -> None:
    operation = changed(site, machine, document_root="web")
    assert (operation.status, site.chosen) == ("undone", {})
    assert "no folder public/web" in operation.error
    put(site, "web/index.php", "<?php echo 'the new root';")
    assert changed(site, machine, document_root="web").status == "done"
    assert parts.get("fault.localhost", "/").body == "the new root"
    assert changed(site, machine, document_root="").status == "done"
    assert "PHP works" in parts.get("fault.localhost", "/").body


@pytest.mark.parametrize("target", ["/etc", "../private"])
def test_34_a_document_root_is_no_link(machine: Host, site: Site, target: str) -> None:
    (settings.PLACES.public(site.slug) / "web").symlink_to(target)
    operation = changed(site, machine, document_root="web")
    assert (operation.status, site.chosen) == ("undone", {})
    assert "link" in operation.error


def test_a_site_whose_page_is_worse_goes_back(machine: Host, site: Site, parts: RunningFront) -> None:
    put(site, "index.php", "<?php http_response_code(ini_get('memory_limit') === '64M' ? 500 : 200); echo 'fine';")
    before = settings.PLACES.worker_config(site.pk).read_bytes()
    operation = changed(site, machine, name="Other", memory_limit="64")
    assert operation.status == "undone"
    assert "home page of fault is an error of the server" in operation.error
    assert (site.name, site.chosen) == ("Fault", {})
    assert settings.PLACES.worker_config(site.pk).read_bytes() == before
    assert parts.get("fault.localhost", "/").status == 200


def test_a_stopped_site_is_told_when_it_starts(machine: Host, site: Site) -> None:
    assert drive(stop_site(ME, site), machine).status == "done"
    assert changed(site, machine, memory_limit="300").status == "done"
    assert find.server(worker_of(Site.objects.get(pk=site.pk), machine)) is None
    assert configured(site)["php_ini"]["memory_limit"] == "300M"


def test_no_visitor_sees_an_error_while_settings_change(machine: Host, site: Site, parts: RunningFront) -> None:
    ended, seen = threading.Event(), list[int]()

    def visit() -> None:
        while not ended.is_set():
            seen.append(parts.get("fault.localhost", "/").status)

    visitor = threading.Thread(target=visit)
    visitor.start()
    try:
        for limit in ("300", "301", "302"):
            assert changed(site, machine, memory_limit=limit, threads="9").status == "done"
    finally:
        ended.set()
        visitor.join()
    assert set(seen) == {200}, seen
