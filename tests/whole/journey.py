"""The WordPress site on its journey, its visitors on the way, and whoever looks at it in a browser after a station."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from playwright.sync_api import Browser, expect

from tests.whole.browsing import Visitor
from tests.whole.library import Library
from tests.whole.panel import Panel, Said
from tests.whole.test_wordpress_in_chromium import php

FIRST, SECOND, THIRD = "library.localhost", "the-reading-room.localhost", "the-copy.localhost"
"""The site's first and second name, and that of a copy of it."""
VISITORS = 3
LEFT = """global $wpdb;
foreach (['posts post_content', 'posts guid', 'options option_value', 'postmeta meta_value'] as $place) {
    [$t, $c] = explode(' ', $place);
    echo $c, ' ', $wpdb->get_var("SELECT COUNT(*) FROM {$wpdb->prefix}$t WHERE $c LIKE '%//OLD:%'"), "\\n";
}
"""


@dataclass
class Journey:
    """*host* is the primary one at the time."""

    library: Library
    browser: Browser
    visitor: Visitor
    folder: Path
    host: str = FIRST

    @property
    def panel(self) -> Panel:
        return self.library.panel

    def do(self, *words: object) -> Said:
        return self.panel.done(*words, "--wait", "--format", "json")

    def site(self, *words: object) -> Said:
        return self.do("site", words[0], self.library.slug, *words[1:])

    def php(self, script: str) -> str:
        return php(self.library.shop, script)

    def is_the_same(self, headers: dict[str, str] | None = None) -> None:
        assert self.library.changed(self.host, headers) == {}

    def is_opened_in_a_browser(self) -> None:
        url = f"https://{self.host}:{self.panel.https}"
        assert self.visitor.goes_to(url).status == 200
        assert "The Library" in self.visitor.page.title()
        assert self.visitor.goes_to(f"{url}/post-17/").url == f"{url}/post-17/"
        expect(self.visitor.page.get_by_text("Text of post 17")).to_be_visible()
        assert self.visitor.page.evaluate("document.querySelector('img[alt=\"number 17\"]').naturalWidth") == 24
        self.visitor.goes_to(f"{url}/wp-login.php")
        expect(self.visitor.page.get_by_role("button", name="Log In")).to_be_visible()
        assert self.visitor.complaints == []

    def is_logged_in_to(self) -> None:
        """By somebody else: whoever has logged in sees more of each page."""
        owner, told = Visitor(self.browser), self.library.shop.told
        owner.goes_to(f"https://{self.host}:{self.panel.https}/wp-login.php")
        owner.page.get_by_label("Username or Email Address").fill(told["user"])
        owner.page.get_by_label("Password", exact=True).fill(told["password"])
        owner.page.get_by_role("button", name="Log In").click()
        owner.page.wait_for_url(f"https://{self.host}:{self.panel.https}/wp-admin/")
        expect(owner.page.get_by_role("heading", name="Dashboard", exact=True)).to_be_visible()
        owner.context.close()


@contextmanager
def visited(journey: Journey) -> Iterator[Counter[int]]:
    """Visitors who never stop meanwhile; afterwards, how often they got which status."""
    over, got = Event(), Counter[int]()

    def visit(number: int) -> list[int]:
        found = []
        while not over.is_set():
            number += 1
            answer = journey.panel.ask(journey.host, f"/post-{number % 200 + 1}/")
            found.append(answer.status if "Text of post" in answer.body else 0)
        return found

    with ThreadPoolExecutor(VISITORS) as pool:
        visits = [pool.submit(visit, 60 * number) for number in range(VISITORS)]
        try:
            yield got
        finally:
            over.set()
    for one in visits:
        got.update(one.result())
