"""What is shown of a site's logs: bounded, cleaned, of the site alone, and for those who may operate it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from apps.workers import loglines
from apps.workers.loglines import WIDTH, read


def asked(status: int = 200, uri: str = "/cart?x=1", agent: str = "curl/8", **more: Any) -> str:
    request = {"client_ip": "203.0.113.9", "method": "GET", "uri": uri, "headers": {"User-Agent": [agent]}}
    return json.dumps({"ts": 1795000000.5, "status": status, "duration": 0.0123, "size": 5, "request": request, **more})


def test_a_request_is_one_line_that_a_person_can_read() -> None:
    (line,) = read("access", asked() + "\n", 10)
    assert line == {
        "at": "2026-11-18 11:06:40",
        "level": "info",
        "text": "200  GET  /cart?x=1  12 ms  5 bytes  203.0.113.9  curl/8",
    }
    assert [read("access", asked(status), 1)[0]["level"] for status in (301, 404, 503)] == ["info", "warning", "error"]


@pytest.mark.parametrize(
    ("said", "level"),
    [
        ("PHP Fatal error:  Uncaught Exception: no", "error"),
        ("PHP Parse error:  syntax error", "error"),
        ("PHP Warning:  Undefined variable", "warning"),
        ("PHP Deprecated:  old", "warning"),
        ("something of the site's own", "info"),
    ],
)
def test_phps_errors_have_their_level(said: str, level: str) -> None:
    (line,) = read("php", f"[26-Nov-2026 16:00:00 Europe/Vienna] {said}", 5)
    assert line == {"at": "26-Nov-2026 16:00:00 Europe/Vienna", "level": level, "text": said}


def test_the_workers_words_have_theirs() -> None:
    text = '{"level":"warn","ts":1795000000,"logger":"http","msg":"slow","after":"2s"}\nplain words'
    first, second = read("worker", text, 5)
    assert (first["level"], first["text"]) == ("warning", 'slow  {"logger": "http", "after": "2s"}')
    assert second == {"at": "", "level": "info", "text": "plain words"}


def test_the_newest_lines_are_shown_last_and_those_that_have_the_text() -> None:
    text = "\n".join(asked(uri=f"/{number}") for number in range(50))
    assert [line["text"].split()[2] for line in read("access", text, 3)] == ["/47", "/48", "/49"]
    assert [line["text"].split()[2] for line in read("access", text, 2, "GET  /1")] == ["/18", "/19"]
    assert len(read("access", text, 100, "/4")) == 11
    assert read("access", text, 100, "nowhere") == []


@pytest.mark.parametrize("which", loglines.READERS)
@pytest.mark.parametrize(
    "text",
    [
        "\x1b[31mred\x1b[0m\r\x00",
        "\u202egpj.exe",
        "{" * 100_000,
        '{"status": 200, "request": []}',
        '{"status": true, "request": {"headers": {"User-Agent": "x"}}, "ts": 1e400, "duration": "long"}',
        '{"status": 200, "request": {"headers": {"User-Agent": [{"a": 1}]}, "uri": "/a\\r\\n<script>"}, "ts": -5}',
        '{"msg": "x", "level": null, "ts": "<b>"}',
        "[26-Nov-2026 16:00:00 UTC] \x07<script>alert(1)</script>",
        "x" * 50_000,
    ],
)
def test_51_whatever_somebody_has_written_is_one_line_that_can_be_printed(which: str, text: str) -> None:
    for line in read(which, text, 10):
        assert set(line) == {"at", "level", "text"}
        assert all(value.isprintable() and len(value) <= WIDTH for value in line.values())
        assert line["level"] in loglines.LEVELS
