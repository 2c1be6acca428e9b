"""Lines of a site's logs as a person reads them. A visitor, or the site's own PHP, may have written anything (row 51).

So a line is taken apart where it has the form of its log, and shown as it is where it has not; whatever cannot be
printed is shown as that, and what is too long is cut.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from apps.host.printable import printable

Line = dict[str, str]
WIDTH = 1000
LEVELS = ("error", "warning", "info")
PHP = re.compile(r"\[(?P<at>\d\d-\w{3}-\d{4} \d\d:\d\d:\d\d [\w/+-]{1,40})\] (?P<text>.*)")
PHP_ERROR = re.compile(r"PHP (Fatal|Parse|Recoverable|Core|Compile) |Uncaught ")
PHP_WARNING = re.compile(r"PHP (\w+ )?(Warning|Notice|Deprecated)")
LATEST = 4102444800.0
"""The year 2100: a time in a log that is beyond it was not written by a clock."""
WORST, WRONG = 500, 400


def access(text: str) -> Line:
    """Of Caddy's JSON: who asked for what, and what became of it."""
    found = _json(text)
    request = found.get("request")
    if not isinstance(request, dict) or not isinstance(found.get("status"), int):
        return line("", "info", text)
    took = found.get("duration")
    shown = [found["status"], request.get("method"), request.get("uri")]
    shown += [f"{took * 1000:.0f} ms" if isinstance(took, float | int) else "", f"{found.get('size', 0)} bytes"]
    shown += [request.get("client_ip"), *_agent(request)]
    status = found["status"]
    level = "error" if status >= WORST else "warning" if status >= WRONG else "info"
    return line(_time(found.get("ts")), level, "  ".join(str(part) for part in shown if part not in ("", None)))


def php(text: str) -> Line:
    """Of PHP's own log; the lines of a stack trace have no time."""
    found = PHP.fullmatch(text)
    at, said = (found["at"], found["text"]) if found else ("", text)
    level = "error" if PHP_ERROR.search(said) else "warning" if PHP_WARNING.search(said) else "info"
    return line(at, level, said)


def worker(text: str) -> Line:
    """Of the worker's own words: Caddy's JSON, and whatever a program of the site has printed."""
    found = _json(text)
    if not isinstance(found.get("msg"), str):
        return line("", "info", text)
    level = {"warn": "warning", "error": "error", "fatal": "error", "panic": "error"}.get(str(found["level"]), "info")
    rest = {key: value for key, value in found.items() if key not in ("level", "ts", "msg")}
    return line(_time(found.get("ts")), level, f"{found['msg']}  {json.dumps(rest) if rest else ''}".rstrip())


READERS: dict[str, Callable[[str], Line]] = {"access": access, "php": php, "worker": worker}


def read(which: str, content: str, lines: int, wanted: str = "") -> list[Line]:
    """The last *lines* of *content* that have *wanted* in them, in capitals or not; newest last."""
    found: list[Line] = []
    for text in reversed(content.split("\n")):
        if text.strip():
            one = READERS[which](text)
            if wanted.casefold() in f"{one['at']} {one['level']} {one['text']}".casefold():
                found.append(one)
        if len(found) == lines:
            break
    return found[::-1]


def line(at: str, level: str, text: str) -> Line:
    return {"at": printable(at, WIDTH), "level": level, "text": printable(text, WIDTH)}


def _json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text) if text.startswith("{") else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _time(seconds: Any) -> str:
    if not isinstance(seconds, float | int) or not 0 < seconds < LATEST:
        return ""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}"


def _agent(request: dict[str, Any]) -> list[str]:
    headers = request.get("headers")
    agents = headers.get("User-Agent") if isinstance(headers, dict) else None
    return [str(agents[0])] if isinstance(agents, list) and agents else []
