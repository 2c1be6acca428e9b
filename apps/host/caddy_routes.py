"""What a Caddy configuration serves, read from the JSON that Caddy itself made of the Caddyfile.

The rule of injection that holds even if all the others have a fault: whatever a name, a path or a port could have
smuggled into the Caddyfile shows up here, as a name or a destination that no record asks for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from apps.host.caddy_handlers import Json, destinations, entries, handlers, statuses

APPS = frozenset({"http", "tls", "pki"})
INHERITED = {"fd/3": "http://", "fd/4": "https://", "fdgram/5": "https://"}
"""What each socket is for that a front inherits; for the last one, HTTP/3."""


def routes(config: Json) -> dict[str, str]:
    """Everything that *config* serves: name → where its requests go.

    ``name`` → ``127.0.0.1:port`` or ``unix//socket``, or the word that a map gives it (``starting``, ``stopped``),
    and where a pass leads besides (``passing``), a path leads (``leading``), and for whom alone (``guarded``);
    ``http://name``, for plain HTTP → the same, ``redirect URL`` or a status; ``http://`` and ``https://`` are any name.
    A listener on another port is named in place of the scheme; a path stands behind the name.
    ``certificate FILE`` → ``key FILE`` for each pair that is no authority's.
    """
    apps = config.get("apps", {})
    http = apps.get("http", {})
    found: dict[str, set[str]] = {f"app {app}": {"configured"} for app in apps if app not in APPS}
    for name, where in _certificates(apps.get("tls", {})):
        found.setdefault(name, set()).add(where)
    for server in http.get("servers", {}).values():
        scheme = _scheme(http, server)
        for route in server.get("routes", []):
            for name, there in _served(route):
                found.setdefault(_key(scheme, name), set()).update(there)
        for route in server.get("errors", {}).get("routes", []):
            for name, there in _served(route):
                if there != {"nothing"}:
                    found.setdefault(_key(scheme, name), set()).update(there)
    return {name: " and ".join(sorted(where)) for name, where in found.items()}


def _certificates(tls: Json) -> Iterator[tuple[str, str]]:
    for loader, pairs in tls.get("certificates", {}).items():
        for pair in pairs if loader == "load_files" else []:
            yield f"certificate {pair.get('certificate')}", f"key {pair.get('key')}"
        if loader not in ("load_files", "automate"):  # with the last a name is certified, and not served
            yield f"certificates by {loader}", "configured"


def _key(scheme: str, name: str) -> str:
    return name if name and scheme == "https://" else scheme + name


def _scheme(http: Json, server: Json) -> str:
    ports = {http.get("http_port", 80): "http://", http.get("https_port", 443): "https://"}
    listening = server.get("listen", [])
    schemes = {INHERITED.get(address) or ports.get(_port(address), f"{address} ") for address in listening}
    return schemes.pop() if len(schemes) == 1 else f"{','.join(listening)} "


def _port(address: str) -> int:
    port = address.rpartition(":")[2]
    return int(port) if port.isdecimal() else 0


def _served(route: Json) -> Iterator[tuple[str, set[str]]]:
    found = list(handlers(route.get("handle", [])))
    words, leading = entries(found), [one for one in found if one.may_lead]
    for name in _names(route):
        word = words.get(name, words.get("", ""))
        where = {there for one in leading for there in destinations(one, name, word)}
        yield name, where or statuses(found) or {"nothing"}


def _names(route: Json) -> Iterator[str]:
    for match in route.get("match", [{}]):
        rest = {key: value for key, value in match.items() if key != "host"}
        for host in match.get("host", [""]):
            yield host + (f" {json.dumps(rest, sort_keys=True)}" if rest else "")
