"""What a Caddy configuration serves, read from the JSON that Caddy itself made of the Caddyfile.

The rule of injection that holds even if all the others have a fault: whatever a name, a path or a port could have
smuggled into the Caddyfile shows up here, as a name or a destination that no record asks for.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]
APPS = frozenset({"http", "tls", "pki"})
# Handlers that lead nowhere by themselves. Any that is not known here is named in the answer as a destination.
HARMLESS = frozenset({"encode", "headers", "map", "request_body", "rewrite", "subroute", "vars"})
HOST = "{http.request.host}"
PASS = re.compile(re.escape(HOST) + r"/\{http\.request\.cookie\.[\w-]+\}")
WITH_COOKIE = "127.0.0.1:{way}"
"""Where a map of passes leads, and nowhere else."""
UNAVAILABLE = 503


def routes(config: Json) -> dict[str, str]:
    """Everything that *config* serves: name → where its requests go.

    ``name`` → ``127.0.0.1:port`` or ``unix//socket``, or the word that a map gives it (``starting``, ``stopped``),
    and where a pass leads besides (``passing``);
    ``http://name``, for plain HTTP → the same, ``redirect URL`` or a status; ``http://`` and ``https://`` are any name.
    A listener on another port is named in place of the scheme; a path stands behind the name.
    """
    http = config.get("apps", {}).get("http", {})
    found: dict[str, set[str]] = {f"app {app}": {"configured"} for app in config.get("apps", {}) if app not in APPS}
    for server in http.get("servers", {}).values():
        scheme = _scheme(http, server)
        for route in server.get("routes", []):
            for name, where in _served(route):
                found.setdefault(_key(scheme, name), set()).update(where)
        for route in server.get("errors", {}).get("routes", []):
            for name, where in _served(route):
                if where != {"nothing"}:
                    found.setdefault(_key(scheme, name), set()).update(where)
    return {name: " and ".join(sorted(where)) for name, where in found.items()}


def _key(scheme: str, name: str) -> str:
    return name if name and scheme == "https://" else scheme + name


def _scheme(http: Json, server: Json) -> str:
    ports = {http.get("http_port", 80): "http://", http.get("https_port", 443): "https://"}
    listening = server.get("listen", [])
    schemes = {ports.get(_port(address), f"{address} ") for address in listening}
    return schemes.pop() if len(schemes) == 1 else f"{','.join(listening)} "


def _port(address: str) -> int:
    port = address.rpartition(":")[2]
    return int(port) if port.isdecimal() else 0


def _served(route: Json) -> Iterator[tuple[str, set[str]]]:
    handlers = list(_handlers(route.get("handle", [])))
    entries = _entries(handlers)
    for name in _names(route):
        word = entries.get(name, entries.get("", ""))
        where = {there for handler in handlers for there in _destinations(handler, name, word)}
        yield name, where or _statuses(handlers) or {"nothing"}


def _names(route: Json) -> Iterator[str]:
    for match in route.get("match", [{}]):
        rest = {key: value for key, value in match.items() if key != "host"}
        for host in match.get("host", [""]):
            yield host + (f" {json.dumps(rest, sort_keys=True)}" if rest else "")


def _handlers(part: Any) -> Iterator[Json]:
    """Every handler in *part*, however deep."""
    if isinstance(part, dict):
        if "handler" in part:
            yield part
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from _handlers(inner)


def _entries(handlers: list[Json]) -> dict[str, str]:
    """The map from name to port or word; "" is the word for a name that it does not hold."""
    entries: dict[str, str] = {}
    for handler in handlers:
        if handler["handler"] == "map" and handler.get("source") == HOST:
            entries[""] = str(handler.get("defaults", [""])[0])
            entries |= {str(row.get("input", "")): str(row["outputs"][0]) for row in handler.get("mappings", [])}
    return entries


def passing(port: str, token: str) -> str:
    """Where a name leads besides for whoever has the pass *token*, which itself is told to nobody."""
    return f"127.0.0.1:{port} with the pass {hashlib.sha256(token.encode()).hexdigest()[:12]}"


def _passes(handler: Json, name: str) -> Iterator[str]:
    """Where the cookies that *handler*, a map of passes, knows lead to from *name*. Any other map is named itself."""
    if not PASS.fullmatch(handler.get("source", "")) or handler.get("defaults") != ["shut"]:
        yield f"a map of {handler.get('source')}"
    for row in handler.get("mappings", []):
        host, _, token = str(row.get("input", f"{name}/")).partition("/")
        if host == name:
            yield passing(str(row["outputs"][0]), token)


def _destinations(handler: Json, name: str, word: str) -> Iterator[str]:
    match handler:
        case {"handler": "reverse_proxy"}:
            dials = {upstream.get("dial", "?") for upstream in handler.get("upstreams", [{}])}
            yield from (_dial(dial, word) for dial in dials - {WITH_COOKIE})
        case {"handler": "static_response", "headers": {"Location": [location]}} if location != "/":
            yield f"redirect {location}"
        case {"handler": "static_response"} if handler.get("body"):
            yield "an answer of its own"
        case {"handler": "map"} if handler.get("source") != HOST:
            yield from _passes(handler, name)
        case {"handler": "file_server"} if handler.get("status_code") != UNAVAILABLE:
            yield "files"
        case {"handler": kind} if kind not in HARMLESS | {"static_response", "file_server"}:
            yield str(kind)


def _dial(dial: str, word: str) -> str:
    """Where a proxy goes for a name whose entry in the map is *word*: a port, or the page shown instead."""
    if "{up}" not in dial:
        return dial
    return dial.replace("{up}", word) if word.isdecimal() else word or dial


def _statuses(handlers: list[Json]) -> set[str]:
    return {str(handler.get("status_code")) for handler in handlers if handler["handler"] == "static_response"}
