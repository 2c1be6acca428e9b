"""What a real worker answers with the configuration that the panel gives it."""

from __future__ import annotations

import json
import os
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.host.errors import Refused
from apps.sites.kinds.base import Rules, WorkerMode
from tests.parts.worker import ROOT, SUPERVISOR, Place, worker_place

pytestmark = pytest.mark.host
RULES = Rules(
    no_php="uploads|cache/(a|b)",
    hidden=r"^/private/|^/readme\.html$",
    rewrites=(("/api", "/api/index.php"),),
)
THROUGH_THE_FRONT = ("X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: https")
SCRIPT = "<?php echo json_encode($_SERVER);"


@pytest.fixture(scope="module")
def site() -> Iterator[Place]:
    with worker_place(RULES) as place:
        for name in ("index.php", "api/index.php", "uploads/2026/e.php", "uploads/2026/E.PHP", "cache/a/x.php"):
            place.put(name, SCRIPT)
        for name in ("private/list.txt", "readme.html", "cache/c/x.php", "plain.txt", ".env", ".git/config"):
            place.put(name, "<?php echo 'plain';")
        for name in ("dump.SQL", "a.phtml", "b.inc", "wp-config.php.bak", "x.sql.gz", "composer.json", "deep/c.key"):
            place.put(name, "leak")
        place.put(".well-known/security.txt", "well known")
        place.start()
        yield place


REFUSED = {
    404: (
        *("/.env", "/.git/config", "/private/list.txt", "/PRIVATE/list.txt", "/readme.html"),
        *("/dump.SQL", "/a.phtml", "/b.inc", "/wp-config.php.bak", "/x.sql.gz", "/composer.json", "/deep/c.key"),
        *("/%2eenv", "/.frankenpanel/", "/.frankenpanel/up", "/.frankenpanel/php/", "/a/.frankenpanel/php"),
    ),
    403: (
        *("/uploads/2026/e.php", "/uploads/2026/E.PHP", "/uploads/2026/e.php/more", "/UPLOADS/2026/e.php"),
        *("/uploads/2026/%65.ph%70", "/uploads//2026/e.php", "/cache/a/x.php", "/uploads/none.php"),
    ),
}


@pytest.mark.parametrize(("status", "path"), [(status, path) for status in REFUSED for path in REFUSED[status]])
def test_what_is_nobody_s_business_is_refused(site: Place, status: int, path: str) -> None:
    assert site.get(path)[0] == status


def test_everything_else_is_served(site: Place) -> None:
    assert site.get("/plain.txt") == (200, "<?php echo 'plain';")
    assert site.get("/cache/c/x.php") == (200, "plain")
    assert site.get("/.well-known/security.txt") == (200, "well known")


@pytest.mark.parametrize(("path", "script"), [("/a/permalink/", "/index.php"), ("/api/v1/users", "/api/index.php")])
def test_an_address_without_a_file_goes_to_its_script(site: Place, path: str, script: str) -> None:
    assert json.loads(site.get(path)[1])["SCRIPT_NAME"] == script


def test_php_sees_the_visitor_and_the_public_address(site: Place) -> None:
    seen = json.loads(site.get("/", *THROUGH_THE_FRONT)[1])
    assert (seen["HTTPS"], seen["SERVER_PORT"], seen["REMOTE_ADDR"]) == ("on", "7443", "203.0.113.9")


def test_the_probe_answers_this_machine_and_nobody_through_the_front(site: Place) -> None:
    assert site.get("/.frankenpanel/php")[0] == 200
    assert site.get("/.frankenpanel/php", *THROUGH_THE_FRONT)[0] == 404
    assert site.get("/.frankenpanel/php", "X-Forwarded-For: 127.0.0.1")[0] == 404


def test_the_probe_is_not_in_the_access_log(site: Place) -> None:
    site.get("/.frankenpanel/php")
    site.get("/plain.txt?last")
    log = (site.places.site_logs("shop") / "access.log").read_text()
    asked = [json.loads(line)["request"]["uri"] for line in log.splitlines() if "X-Forwarded" not in line]
    assert "/plain.txt?last" in asked
    assert "/.frankenpanel/php" not in asked


def test_the_access_log_is_the_site_s_own_and_nobody_else_reads_it(site: Place) -> None:
    site.get("/plain.txt")
    found = (site.places.site_logs("shop") / "access.log").stat()
    assert (found.st_uid, found.st_mode & 0o777) == (site.worker.identity.uid, 0o640)


def test_the_metrics_are_on_the_unix_socket(site: Place) -> None:
    path = site.places.metrics_socket(7)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(path))
        connection.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert b"frankenphp_total_threads" in answer
    assert path.stat().st_mode & 0o777 == 0o660
    assert site.get("/metrics")[0] == 200
    assert "frankenphp_total_threads" not in site.get("/metrics")[1]


def test_php_stays_in_its_site_s_folders(site: Place) -> None:
    site.put("read.php", "<?php echo json_encode([@file_get_contents('/etc/passwd'), sys_get_temp_dir()]);")
    assert json.loads(site.get("/read.php")[1]) == [False, str(site.places.site("shop") / "tmp")]


@pytest.mark.skipif(not ROOT, reason="only root can run each site as a user of its own")
def test_49_php_that_runs_programs_still_cannot_read_a_neighbour(site: Place) -> None:
    """What holds without a unit: the neighbour's user. Around open_basedir one gets by starting a program."""
    with worker_place() as other:
        other.put("secret.txt", "neighbour")
        folder = other.places.site("shop")
        os.chown(folder, 0, other.worker.identity.gid)
        folder.chmod(0o750)
        site.put("cat.php", f"<?php echo shell_exec('cat {other.public}/secret.txt 2>&1');")
        assert "Permission denied" in site.get("/cat.php")[1]


def test_a_site_without_php_refuses_every_php_file_and_still_shows_that_php_answers() -> None:
    with worker_place(Rules(php=False)) as place:
        place.put("index.html", "a page")
        place.put("docs/index.html", "another")
        place.start()
        assert place.get("/") == (200, "a page")
        assert place.get("/docs/")[1] == "another"
        assert {place.get(path)[0] for path in ("/index.php", "/none.php", "/index.PHP", "/index.php/x")} == {403}
        assert place.get("/.frankenpanel/php")[0] == 200
        assert place.get("/none")[0] == 404


def test_a_document_root_further_down_is_all_that_is_served() -> None:
    with worker_place(Rules(document_root="public/public")) as place:
        (Path(place.public).parent / "secret.txt").write_text("above")
        place.start()
        assert place.get("/")[1].startswith("hello from")
        for path in ("/../secret.txt", "/%2e%2e/secret.txt", "/x/../../secret.txt"):
            assert "above" not in place.get(path)[1]


IN_MEMORY = Rules(document_root="public/public", worker_mode=WorkerMode("stay.php", {"MAX": "500"}, {"BASE": "public"}))
STAY = """<?php
$started = bin2hex(random_bytes(4));
$served = 0;
$told = [$_SERVER['MAX'], basename($_SERVER['BASE'])];
$answer = function () use ($started, $told, &$served) {
    echo json_encode([$started, ++$served, $_SERVER['REQUEST_URI'], $_SERVER['HTTPS'], $_SERVER['SERVER_PORT'], $told]);
};
while (frankenphp_handle_request($answer)) {}
"""


def test_an_application_stays_in_memory_from_one_request_to_the_next() -> None:
    with worker_place(IN_MEMORY) as place:
        place.put("stay.php", STAY)
        place.put("style.css", "a file")
        place.configure(in_memory=True)
        place.start()
        answers = [json.loads(place.get(path, *THROUGH_THE_FRONT)[1]) for path in ("/", "/a/page?b=1", "/stay.php")]
        assert len({started for started, *_ in answers}) == 1, "it was started once"
        seen = [(served, path) for _, served, path, *_ in answers]
        assert seen == [(1, "/"), (2, "/a/page?b=1"), (3, "/stay.php")]
        assert answers[1][3:] == ["on", "7443", ["500", "public"]]
        assert place.get("/style.css")[1] == "a file"
        assert place.get("/.frankenpanel/php")[0] == 200


def test_an_application_in_memory_is_started_anew_and_no_request_is_lost() -> None:
    """What comes while nobody has it in memory is answered by its front controller."""
    with worker_place(IN_MEMORY) as place:
        place.put("stay.php", STAY)
        place.put("index.php", "<?php echo json_encode(['front', $_SERVER['SCRIPT_NAME'], basename(getcwd())]);")
        place.configure(in_memory=True)
        place.start()
        answers: list[tuple[int, str]] = []
        ended = threading.Event()

        def visit() -> None:
            while not ended.is_set():
                answers.append(place.get("/a/page", *THROUGH_THE_FRONT))

        visitors = [threading.Thread(target=visit) for _ in range(3)]
        for visitor in visitors:
            visitor.start()
        for number in range(6):
            place.configure(in_memory=True, renewed=str(number))
            SUPERVISOR.reload(place.worker)
        ended.set()
        for visitor in visitors:
            visitor.join()
        assert {status for status, _ in answers} == {200}
        started = {json.loads(body)[0] for _, body in answers} - {"front"}
        assert len(started) > 1
        assert all(json.loads(body)[1:] == ["/index.php", "public"] for _, body in answers if "front" in body)


@pytest.mark.parametrize("script", ["<?php throw new Exception('no such table');", "<?php exit(11);"])
def test_a_script_that_fails_at_the_start_says_so_and_leaves_nothing(script: str) -> None:
    with worker_place(IN_MEMORY) as place:
        place.put("stay.php", script)
        place.configure(in_memory=True)
        with pytest.raises(Refused, match=r"The worker of shop ended while starting\.") as refused:
            place.start()
        assert re.search(r"has failed on restart.*/stay\.php|/stay\.php has not reached", str(refused.value))
        place.put("stay.php", STAY)
        place.start()
        assert place.get("/")[0] == 200


def test_the_worker_s_own_log_has_no_error_in_it(site: Place) -> None:
    lines = [json.loads(line) for line in SUPERVISOR.logs(site.worker, 1000)]
    assert [line for line in lines if line["level"] == "error"] == []
