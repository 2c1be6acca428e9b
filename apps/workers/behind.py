"""What a worker must know of the front before it: by which way a visitor came, who he is, and what errors show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from apps.host.caddy_words import OPEN

Route = dict[str, Any]
SCHEME, HTTPS, PORT = "{http.request.header.X-Forwarded-Proto}", "{public_https}", "{public_port}"
CLIENT, VISITOR = "{http.vars.client_ip}", "{visitor}"


@dataclass(frozen=True)
class Behind:
    """*plain_port*: the front's for HTTP, where it serves the site there too. *proxies*: networks whose word on a
    visitor's address is taken, as the front takes it. *error_pages*: a folder below the document root.
    """

    plain_port: int = 0
    proxies: tuple[str, ...] = ()
    error_pages: str = ""


FORCED = Behind()
"""HTTPS alone, nobody's word, no pages: what holds where nothing is set."""


def public_address(behind: Behind, public_port: int) -> tuple[list[Route], dict[str, str]]:
    """How PHP is told the address that the visitor used: routes before it, and its environment.

    Without them WordPress redirects to https for ever, for PHP sees only the socket from the front.
    """
    if not behind.plain_port:
        return [], {"HTTPS": "on", "SERVER_PORT": str(public_port)}
    told = {
        "handler": "map",
        "source": SCHEME,
        "destinations": [HTTPS, PORT],
        "mappings": [{"input": "http", "outputs": ["", str(behind.plain_port)]}],
        "defaults": ["on", str(public_port)],
    }
    return [{"handle": [told]}], {"HTTPS": HTTPS, "SERVER_PORT": PORT}


def visitor(behind: Behind) -> tuple[list[Route], str]:
    """How PHP is told who the visitor is: routes before it, and the value of REMOTE_ADDR.

    Where the proxies named nobody but each other, Caddy falls back on the front's own address, and whoever has that
    might be believed to sit at this machine: so it is the address that came to the front.
    """
    if not behind.proxies:
        return [], CLIENT
    told = {
        "handler": "map",
        "source": f"{CLIENT}|{{http.request.header.X-Real-Ip}}",
        "destinations": [VISITOR],
        "mappings": [{"input_regexp": r"^127\.0\.0\.1\|(.+)$", "outputs": ["${1}"]}],
        "defaults": [CLIENT],
    }
    return [{"handle": [told]}], VISITOR


def challenge(root: str) -> Route:
    """The one file that no password stands before: never PHP's answer, which could show what the password hides."""
    match = {"path_regexp": {"name": "challenge", "pattern": OPEN}}
    return {"match": [match], "handle": [{"handler": "file_server", "root": root}]}


def refusal(behind: Behind, status: int) -> Route:
    """With pages of its own, an error that these can be shown for."""
    return {"handler": "error" if behind.error_pages else "static_response", "status_code": status}


def error_routes(behind: Behind, root: str) -> Iterator[Route]:
    """The site's page for an error's status, where it has one. What PHP answers is PHP's own."""
    if behind.error_pages:
        page = f"/{behind.error_pages}/{{http.error.status_code}}.html"
        found = {"file": {"root": root, "try_files": [page]}}
        show = {"handler": "rewrite", "method": "GET", "uri": "{http.matchers.file.relative}"}
        files = {"handler": "file_server", "root": root, "status_code": "{http.error.status_code}"}
        yield {"match": [found], "handle": [show, files]}
