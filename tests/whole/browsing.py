"""Somebody with Chromium on this machine, who writes down whatever it complains of."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, expect, sync_playwright

CHROMIUM = "/usr/bin/chromium"
FLAGS: tuple[str, ...] = ("no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking")
FLAGS += ("disable-component-update", "disable-sync", "ignore-certificate-errors")
NAMES = "--host-resolver-rules=MAP *.localhost 127.0.0.1"
SHOTS = os.environ.get("FP_SHOTS", "")
"""A folder for pictures of the pages, when somebody wants to look at them."""
BROKEN = 400
PATIENCE = 90_000
"""Milliseconds: a machine that does much else may be slow, and WordPress asks others when it is opened first."""


@contextmanager
def chromium() -> Iterator[Browser]:
    args = [*(f"--{flag}" for flag in FLAGS), NAMES]
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=args)
        yield browser
        browser.close()


class Visitor:
    """*complaints* holds what the browser wrote to its console, and what of the pages did not come.

    Other machines are not asked for anything: avatars and news do not matter here.
    """

    def __init__(self, browser: Browser) -> None:
        self.complaints: list[str] = []
        self.context: BrowserContext = browser.new_context(viewport={"width": 1440, "height": 900})
        self.context.set_default_timeout(PATIENCE)
        self.context.route(lambda url: ".localhost" not in url, lambda route: route.fulfill(body=""))
        self.page: Page = self.context.new_page()
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("response", self._look)

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} at {message.location['url']}")

    def _look(self, response: Response) -> None:
        if response.status >= BROKEN:
            self.complaints.append(f"{response.status} {response.url}")

    def goes_to(self, url: str) -> Response:
        response = self.page.goto(url)
        assert response is not None
        return response

    def photographs(self, name: str) -> None:
        if SHOTS:
            self.page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)
