"""The FrankenPHP binary itself: its versions, its scripts, and which answer of a worker counts."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
from django.conf import settings

from apps.host.command import Identity
from apps.host.errors import CommandFailed, Refused, Unavailable
from apps.host.frankenphp import FrankenPHP
from apps.host.supervisor import record
from apps.host.supervisor.ask import LIMIT, Answer, ask, mark
from tests.parts.ground import open_folder
from tests.parts.worker import ROOT, worker_place

pytestmark = pytest.mark.host
PHP = FrankenPHP(Path(settings.FRANKENPHP), settings.PLACES)
SOMEBODY = Identity("somebody", 799_999, 799_999) if ROOT else Identity("me", os.geteuid(), os.getegid())


def test_the_binary_tells_its_versions() -> None:
    version = PHP.version()
    assert version.frankenphp.split(".") >= ["1", "12"]
    assert version.php.startswith("8.")
    assert version.thread_safe


def test_a_binary_that_is_not_there_is_refused() -> None:
    with pytest.raises(Refused, match="/nonexistent"):
        FrankenPHP(Path("/nonexistent/frankenphp"), settings.PLACES).version()


def test_a_script_s_file_runs_as_the_site_s_user_in_its_folder() -> None:
    with open_folder() as folder:
        script = folder / "who.php"
        script.write_text("<?php echo json_encode([posix_geteuid(), getcwd(), stream_get_contents(STDIN)]);")
        assert json.loads(PHP.script(SOMEBODY, script, b"given", folder)) == [SOMEBODY.uid, str(folder), "given"]


def test_a_script_s_text_gets_its_secret_on_standard_input() -> None:
    text = "<?php\ndeclare(strict_types=1);\necho strlen(stream_get_contents(STDIN)), PHP_SAPI;"
    assert PHP.script(SOMEBODY, text, b"secret") == b"6cli"


def test_35_a_script_sees_nothing_of_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY", "secret")
    assert b"CANARY" not in PHP.script(SOMEBODY, "echo json_encode(getenv());")


def test_a_script_that_ends_with_an_error_is_told_with_its_output() -> None:
    with pytest.raises(CommandFailed) as failed:
        PHP.script(SOMEBODY, "fwrite(STDERR, 'no database'); exit(3);")
    assert (failed.value.code, failed.value.output) == (3, "no database")


def test_a_script_that_takes_too_long_is_ended() -> None:
    with pytest.raises(Unavailable, match=r"within 0\.5 seconds"):
        PHP.script(SOMEBODY, "sleep(60);", timeout=0.5)


def test_only_the_right_site_and_the_right_start_count_as_an_answer() -> None:
    with worker_place() as place:
        place.start()
        said = record.read(place.worker.pid_file)
        assert said is not None
        assert PHP.answers(place.worker.port, 7, said.token)
        assert not PHP.answers(place.worker.port, 8, said.token)
        assert not PHP.answers(place.worker.port, 7, "another start's")
        assert ask(place.worker.port) == Answer("7", said.token, mark(place.worker.config))


GOOD = b"HTTP/1.0 200 OK\r\nX-Worker-Config: abc\r\n\r\n7 token"
STRANGE = {
    "nothing": b"",
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n",
    "another status": GOOD.replace(b"200 OK", b"404 Not Found"),
    "another token": GOOD.replace(b"token", b"stale"),
    "another site": GOOD.replace(b"7 token", b"8 token"),
    "more behind it": GOOD + b" and more",
    "without end": b"x" * (LIMIT * 20),
    "not text": bytes(range(256)),
}


@pytest.mark.parametrize("what", STRANGE)
def test_a_stranger_on_the_port_never_counts(what: str) -> None:
    with _stranger(STRANGE[what]) as port:
        assert not PHP.answers(port, 7, "token")


def test_the_form_of_a_right_answer() -> None:
    with _stranger(GOOD) as port:
        assert PHP.answers(port, 7, "token")


def test_one_that_accepts_and_says_nothing_does_not_hold_us_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert ask(silent.getsockname()[1], 0.2) is None


def test_a_mark_is_found_wherever_it_stands(tmp_path: Path) -> None:
    config = tmp_path / "worker.json"
    config.write_text('{"apps": [{"env": {"OTHER": "x"}}, [{"env": {"FRANKENPANEL_CONFIG": "abc"}}]]}')
    assert mark(config) == "abc"
    config.write_text("[]")
    assert mark(config) == ""


@contextmanager
def _stranger(says: bytes) -> Iterator[int]:
    """A server that gives every caller the same bytes."""

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(65536)
            try:
                connection.sendall(says)
            except OSError:
                return  # the caller had enough of it

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join()
