"""The handlers of a Caddy route, however deep: what stands around each, and where it leads."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from apps.host.caddy_words import OPEN, guarded, leading, passing, trusting

Json = dict[str, Any]
# Handlers that lead nowhere by themselves. Any that is not known here is named in the answer as a destination.
HARMLESS = frozenset({"authentication", "encode", "headers", "map", "request_body", "rewrite", "subroute", "vars"})
HOST = "{http.request.host}"
PASS = re.compile(re.escape(HOST) + r"/\{http\.request\.cookie\.[\w-]+\}")
WITH_COOKIE = "127.0.0.1:{way}"
"""Where a map of passes leads, and nowhere else."""
UNAVAILABLE = 503
ROOT = {"Location": ["/"]}
"""Where the link that gives a pass leads: the name's own first page."""
GUARDED = [{"not": [{"path_regexp": {"pattern": OPEN}}]}]


@dataclass(frozen=True)
class Found:
    """A handler, the matchers right around it, and who alone comes to it: ``(user, hash)``."""

    handler: Json
    match: list[Json] = field(default_factory=list)
    guard: tuple[str, str] = ("", "")

    @property
    def kind(self) -> str:
        return str(self.handler["handler"])

    @property
    def may_lead(self) -> bool:
        """Whether it has to be asked where it leads: most do not, and each is asked for every name."""
        match self.kind:
            case "map":
                return self.handler.get("source") != HOST
            case "file_server":
                return self.handler.get("status_code") != UNAVAILABLE
            case "static_response":
                return self.handler.get("headers", ROOT) != ROOT or bool(self.handler.get("body"))
        return self.kind not in HARMLESS


def handlers(part: Any, match: list[Json] | None = None, guard: tuple[str, str] = ("", "")) -> Iterator[Found]:
    """Every handler in *part*. A password guards what comes behind it in its list, and all that is within that."""
    if isinstance(part, dict):
        if "handler" in part:
            yield Found(part, match or [], guard)
        inside = part.get("match", []) if "handle" in part else match
        for value in part.values():
            yield from handlers(value, inside, guard)
    if isinstance(part, list):
        for inner in part:
            yield from handlers(inner, match, guard)
            guard = _guard(inner) or guard


def _guard(part: Any) -> tuple[str, str] | None:
    """Whom *part* alone lets by; None where it is no password, or is not asked for everywhere."""
    inside = part.get("handle", []) if isinstance(part, dict) and part.get("match") == GUARDED else []
    for handler in inside:
        if handler.get("handler") == "authentication":
            accounts = handler.get("providers", {}).get("http_basic", {}).get("accounts", [])
            return " and ".join(one["username"] for one in accounts), " ".join(one["password"] for one in accounts)
    return None


def entries(found: list[Found]) -> dict[str, str]:
    """The map from name to port or word; "" is the word for a name that it does not hold."""
    words: dict[str, str] = {}
    for handler in (one.handler for one in found if one.kind == "map"):
        if handler.get("source") == HOST:
            words[""] = str(handler.get("defaults", [""])[0])
            words |= {str(row.get("input", "")): str(row["outputs"][0]) for row in handler.get("mappings", [])}
    return words


def destinations(found: Found, name: str, word: str) -> Iterator[str]:
    """Where it leads a request for *name*, whose entry in the map is *word*."""
    for where in _leads(found, name, word):
        yield guarded(where, *found.guard)


def _leads(found: Found, name: str, word: str) -> Iterator[str]:
    match found.handler:
        case {"handler": "reverse_proxy"}:
            yield from _proxied(found, word)
        case {"handler": "static_response", "headers": {"Location": [location]}} if location != "/":
            yield from _redirected(found, name, location)
        case {"handler": "static_response"} if found.handler.get("body"):
            yield "an answer of its own"
        case {"handler": "map"} if found.handler.get("source") != HOST:
            yield from _passes(found.handler, name)
        case {"handler": "file_server"} if found.handler.get("status_code") != UNAVAILABLE:
            yield "files"
        case {"handler": kind} if kind not in HARMLESS | {"static_response", "file_server"}:
            yield str(kind)


def _proxied(found: Found, word: str) -> Iterator[str]:
    proxies = found.handler.get("trusted_proxies", [])
    for upstream in found.handler.get("upstreams", [{}]):
        dial = upstream.get("dial", "?")
        if dial != WITH_COOKIE:
            yield trusting(_dial(dial, word), proxies)
        elif proxies or any(found.guard):
            yield trusting("the bearer of a pass", proxies)


def _dial(dial: str, word: str) -> str:
    """Where a proxy goes for a name whose entry in the map is *word*: a port, or the page shown instead."""
    if "{up}" not in dial:
        return dial
    return dial.replace("{up}", word) if word.isdecimal() else word or dial


def _redirected(found: Found, name: str, location: str) -> Iterator[str]:
    if not found.match:
        yield f"redirect {location}"
    for match in found.match:
        if name in match.get("host", [name]):
            rest = {key: value for key, value in match.items() if key not in ("host", "path")}
            path = ",".join(match.get("path", ["*"])) + (json.dumps(rest, sort_keys=True) if rest else "")
            yield leading(path, location, found.handler.get("status_code", ""))


def _passes(handler: Json, name: str) -> Iterator[str]:
    """Where the cookies that *handler*, a map of passes, knows lead to from *name*. Any other map is named itself."""
    if not PASS.fullmatch(handler.get("source", "")) or handler.get("defaults") != ["shut"]:
        yield f"a map of {handler.get('source')}"
    for row in handler.get("mappings", []):
        host, _, token = str(row.get("input", f"{name}/")).partition("/")
        if host == name:
            yield passing(str(row["outputs"][0]), token)


def statuses(found: list[Found]) -> set[str]:
    return {str(one.handler.get("status_code")) for one in found if one.kind == "static_response"}
