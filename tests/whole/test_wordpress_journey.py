"""A WordPress site with 200 posts and 500 uploads goes through all that can be done to it, and is the same after each.

Pages, feeds, uploads and the REST API are compared with what they were, nonces and the host's name aside; and a real
browser opens the home page and a post, and logs in.
"""

from __future__ import annotations

import base64
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import pytest
from playwright.sync_api import Browser, expect

from tests.whole.browsing import Visitor
from tests.whole.conftest import Shop
from tests.whole.library import Library, seed
from tests.whole.panel import Panel, Said, until
from tests.whole.test_wordpress_in_chromium import php

pytestmark = pytest.mark.host
FIRST, SECOND = "library.localhost", "the-reading-room.localhost"
VISITORS = 3
LEFT = """global $wpdb;
foreach (['posts post_content', 'posts guid', 'options option_value', 'postmeta meta_value'] as $place) {
    [$t, $c] = explode(' ', $place);
    echo $c, ' ', $wpdb->get_var("SELECT COUNT(*) FROM {$wpdb->prefix}$t WHERE $c LIKE '%//OLD:%'"), "\\n";
}
"""
DEEP = "$o = get_option('fp_options'); $o['deep'] = unserialize($o['list'][1])['deep']; echo json_encode($o);"


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


def a_second_domain(journey: Journey) -> None:
    journey.do("domain", "create", journey.library.slug, SECOND)
    answer = journey.panel.ask(SECOND, "/post-17/")
    assert answer.status == 200
    assert f"https://{FIRST}:{journey.panel.https}/post-1/" in answer.body  # WordPress knows of one address alone


def another_primary_domain(journey: Journey) -> None:
    wish = ("domain", "update", SECOND, "--primary", "--rewrite")
    plan = json.loads(journey.do(*wish, "--dry-run").out)
    told = next(step["sentence"] for step in plan["steps"] if step["key"] == "addresses")
    places = re.search(r": (\d+) places in \d tables", told)
    assert places, told
    assert int(places[1]) > 2 * 200  # in each post, a link and a picture
    journey.do(*wish)
    journey.host = SECOND
    left = dict(line.split() for line in journey.php(LEFT.replace("OLD", FIRST)).splitlines())
    assert (left["post_content"], left["option_value"], left["meta_value"]) == ("0", "0", "0")
    assert int(left["guid"]) > 700  # they are names, and stay
    new = f"https://{SECOND}:{journey.panel.https}"
    deep = json.loads(journey.php(DEEP))
    assert (deep["home"], deep["list"][0], deep["deep"]) == (f"{new}/", f"{new}/a/", f"{new}/\u00e4/")
    answer = journey.panel.ask(FIRST, "/post-17/")
    assert (answer.status, f"{new}/post-1/" in answer.body) == (200, True)


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


def another_password_of_its_database_under_load(journey: Journey) -> None:
    config = journey.library.shop.public / "wp-config.php"
    before = config.read_text()
    with visited(journey) as got:
        journey.do("database", "rotate", journey.library.shop.site["databases"][0])
    assert set(got) == {200}, got
    assert got[200] > VISITORS
    assert config.read_text() != before


def other_settings_of_php(journey: Journey) -> None:
    journey.site("update", "--memory-limit", "300", "--upload-limit", "77")
    asking = journey.library.shop.public / "asking.php"
    asking.write_text("<?php echo ini_get('memory_limit'), ' ', ini_get('upload_max_filesize');")
    try:
        assert journey.panel.ask(journey.host, "/asking.php").body == "300M 77M"
    finally:
        asking.unlink()


def a_password_for_visitors(journey: Journey) -> None:
    secret = journey.folder / "secret"
    secret.write_text("open sesame, please")
    journey.site("update", "--protect-user", "reader", "--protect-password-file", secret)
    assert journey.panel.ask(journey.host, "/").status == 401
    known = base64.b64encode(b"reader:open sesame, please").decode()
    journey.is_the_same({"Authorization": f"Basic {known}"})
    journey.site("update", "--protect-user", "")


def its_own_cron(journey: Journey) -> None:
    hook = "add_action('fp_due', fn() => update_option('fp_due', 'done', false));"
    plugin = journey.library.shop.public / "wp-content" / "mu-plugins" / "due.php"
    plugin.write_text(f"<?php {hook}")
    try:
        journey.php("delete_transient('doing_cron'); wp_schedule_single_event(time() - 86400, 'fp_due');")
        listed = json.loads(journey.panel.done("cron", "list", "--site", journey.library.slug, "--format", "json").out)
        journey.do("cron", "test", listed[0]["name"])
        until(lambda: journey.php("echo get_option('fp_due');") == "done", what="the event")  # after its answer
    finally:
        plugin.unlink()


def stopped_and_started(journey: Journey) -> None:
    journey.site("stop")
    answer = journey.panel.ask(journey.host, "/")
    assert (answer.status, "switched off" in answer.body) == (503, True)
    journey.site("start")


def suspended_and_back(journey: Journey) -> None:
    journey.site("suspend", "--reason", "Invoice 17")
    assert journey.panel.ask(journey.host, "/").status == 503
    assert journey.panel("site", "start", journey.library.slug, "--wait").code == 1
    journey.site("unsuspend")


def deleted_and_taken_back(journey: Journey) -> None:
    journey.panel.done("site", "delete", journey.library.slug, "--yes", "--wait")
    assert journey.panel.records("SELECT status FROM sites_site WHERE slug = 'the-library'") == [("deleted",)]
    journey.site("undelete")


STATIONS: tuple[Callable[[Journey], None], ...] = (
    a_second_domain,
    another_primary_domain,
    another_password_of_its_database_under_load,
    other_settings_of_php,
    a_password_for_visitors,
    its_own_cron,
    stopped_and_started,
    suspended_and_back,
    deleted_and_taken_back,
)
LOGS_IN = (another_primary_domain, STATIONS[-1])
"""After these the browser also logs in."""


@pytest.fixture
def library(panel: Panel, tmp_path: Path) -> Library:
    file = tmp_path / "credentials"
    asked = ["The Library", "--kind", "wordpress", "--domain", FIRST, "--wait", "--format", "json"]
    site = panel.done("site", "create", *asked, "--credentials-file", file).json
    told = dict(line.split(": ", 1) for line in file.read_text().splitlines())
    return seed(Shop(panel, site, told), php, SECOND)


def test_after_each_station_every_page_is_what_it_was(
    library: Library, browser: Browser, visitor: Visitor, tmp_path: Path
) -> None:
    journey = Journey(library, browser, visitor, tmp_path)
    journey.is_the_same()
    journey.is_opened_in_a_browser()
    for station in STATIONS:
        try:
            station(journey)
            journey.is_the_same()
            journey.is_opened_in_a_browser()
            if station in LOGS_IN:
                journey.is_logged_in_to()
        except AssertionError as error:
            raise AssertionError(f"{station.__name__.replace('_', ' ')}: {error}") from error
