"""What passes between a visitor and the process in which he browses: only what is named, piece by piece, in turns."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer
from threading import Thread
from typing import Any, ClassVar

import pytest
from django.conf import settings
from django.http import StreamingHttpResponse
from django.test import RequestFactory

from apps.browser import proxy
from apps.browser.config import Opening
from apps.browser.models import Browsing
from frankenpanel.places import Places
from tests.parts.ground import open_folder

PAGE = "/adminer/"
HEADERS = [
    ("Content-Type", "text/html"),
    ("Set-Cookie", "adminer_sid=browser; path=/adminer/"),
    ("X-Powered-By", "PHP"),
    ("Content-Security-Policy", "script-src 'nonce-abc'"),
]


class Process(BaseHTTPRequestHandler):
    """Answers with what it was asked, in two pieces."""

    asked: ClassVar[list[tuple[str, str, dict[str, str], bytes]]] = []
    more: ClassVar[list[tuple[str, str]]] = []

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.asked.append((self.command, self.path, dict(self.headers), body))
        self.send_response(200)
        for name, value in [*HEADERS, *self.more]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"one")
        self.wfile.flush()
        self.wfile.write(b"two")

    do_POST = do_GET  # noqa: N815 - its name is the library's

    def log_message(self, *words: Any) -> None:
        """To nobody."""


@pytest.fixture
def browsing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Browsing]:
    Process.asked.clear()
    with open_folder() as folder:
        places = Places(folder, folder, folder, "")
        monkeypatch.setattr(settings, "PLACES", places)
        places.browsers.mkdir()
        with ThreadingUnixStreamServer(str(places.browser_socket(1)), Process) as server:
            Thread(target=server.serve_forever, args=(0.01,)).start()
            yield Browsing(pk=1)
            server.shutdown()


@pytest.fixture(autouse=True)
def turns() -> Iterator[None]:
    """Each is given back."""
    yield
    assert [proxy.TURNS.acquire(blocking=False) for _ in range(3)] == [True, True, False]
    for _ in range(2):
        proxy.TURNS.release()


def forward(browsing: Browsing, path: str = PAGE, method: str = "get", **more: Any) -> Any:
    return proxy.forward(getattr(RequestFactory(), method)(path, **more), browsing)


def text_of(response: Any) -> bytes:
    assert isinstance(response, StreamingHttpResponse)
    text = b"".join(response.streaming_content)  # type: ignore[arg-type]
    response.close()
    return text


def test_of_a_request_its_words_pass_and_no_cookie_or_address(browsing: Browsing) -> None:
    told = {"cookie": "__Host-x=1", "x-forwarded-for": "1.2.3.4", "x-forwarded-prefix": "/x", "accept-language": "de"}
    body = "sql=SELECT+1"
    form = "application/x-www-form-urlencoded"
    answer = forward(browsing, f"{PAGE}?select=a%20b", "post", data=body, content_type=form, headers=told)
    assert text_of(answer) == b"onetwo"
    ((method, path, headers, sent),) = Process.asked
    assert (method, path, sent) == ("POST", f"{PAGE}?select=a%20b", body.encode())
    assert set(headers) == {"Host", "Accept-Encoding", "Accept-Language", "Content-Type", "Content-Length"}


def test_of_an_answer_its_kind_passes_and_no_cookie(browsing: Browsing) -> None:
    answer = forward(browsing)
    assert text_of(answer) == b"onetwo"
    assert {"Set-Cookie", "X-Powered-By"} & set(answer.headers) == set()
    ours, theirs = answer["Content-Security-Policy"].split(", ")
    assert (ours, theirs) == (proxy.POLICY, "script-src 'nonce-abc'")
    assert answer["Cache-Control"] == "no-store"
    static = forward(browsing, "/adminer/static/default.css")
    assert (text_of(static), static["Cache-Control"]) == (b"onetwo", "private, max-age=3600")


@pytest.mark.parametrize(
    ("location", "passes"),
    [
        ("?select=a", True),
        ("/adminer/?select=a", True),
        ("https://evil.example/", False),
        ("//evil.example/", False),
        ("/enter/x", False),
    ],
)
def test_a_redirection_stays_on_the_page(
    location: str, passes: bool, browsing: Browsing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Process, "more", [("Location", location)])
    answer = forward(browsing)
    text_of(answer)
    assert answer.headers.get("Location") == (location if passes else None)


def test_whoever_logs_out_gets_no_page_of_its(browsing: Browsing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Process, "more", [(proxy.ENDED, "1")])
    assert forward(browsing) is None


def test_a_process_that_is_gone_is_told_in_a_sentence(browsing: Browsing) -> None:
    settings.PLACES.browser_socket(1).unlink()
    answer = forward(browsing)
    assert (answer.status_code, answer.content.decode().strip()) == (502, proxy.NOT_THERE)


def test_a_third_at_once_is_asked_to_come_again(browsing: Browsing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxy, "WAITS", 0.01)
    first, second = forward(browsing), forward(browsing)
    third = forward(browsing)
    assert (third.status_code, third["Retry-After"]) == (503, "5")
    for one in (first, second):
        one.close()


def test_the_configuration_tells_the_password_to_one_script(tmp_path: Path) -> None:
    opening = Opening("fp_rose_abcdef", tmp_path / "s", tmp_path, tmp_path, "one", "pass{word}")
    text = opening.config("fd/7").decode()
    assert "pass{word}" not in text + repr(opening)
    assert text.count(b"pass{word}".hex()) == 1
