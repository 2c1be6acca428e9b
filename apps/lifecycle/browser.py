"""The database browser of a server, on or off. The seed has no list for it."""

from __future__ import annotations

from apps.browser.steps import EndBrowsers, FetchBrowser, SwitchBrowser
from apps.lifecycle.requests import require
from apps.operations.asking import Ask
from apps.operations.enqueue import enqueue
from apps.operations.entry import lifecycle
from apps.operations.flow import Flow
from apps.operations.models import Operation
from apps.operations.refusals import Invalid
from apps.servers.models import Server

SWITCH = "servers.switch_browser"
"""Nobody's but a superuser's, until it is given to somebody."""

BROWSER = Flow(
    "server.browser",
    title="Database Browser",
    steps=(FetchBrowser(), SwitchBrowser(), EndBrowsers()),
)


@lifecycle("server.browser")
def switch_browser(ask: Ask, server: Server, *, on: bool | None = None) -> Operation:
    """Let the sites of *server* be browsed by whoever may have their databases' passwords, or end that."""
    require(ask, "server:change", SWITCH)
    if on is None:
        raise Invalid("on", "Say whether the database browser shall be on or off: --on, or --no-on.")
    return enqueue(BROWSER, server, server, ask, params={"on": on}, resources=[f"server:{server.pk}"])
