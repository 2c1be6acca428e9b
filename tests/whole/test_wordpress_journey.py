"""A WordPress site with 200 posts and 500 uploads goes through all that can be done to it, and is the same after each.

Pages, feeds, uploads and the REST API are compared with what they were, nonces and the host's name aside; and a real
browser opens the home page and a post, and logs in.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.whole.backup_stations import BACKUP_STATIONS
from tests.whole.browsing import Visitor
from tests.whole.conftest import Shop
from tests.whole.journey import FIRST, LEFT, SECOND, THIRD, VISITORS, Journey, visited
from tests.whole.library import Library, seed
from tests.whole.panel import Panel, until
from tests.whole.test_wordpress_in_chromium import php

pytestmark = pytest.mark.host
DEEP = "$o = get_option('fp_options'); $o['deep'] = unserialize($o['list'][1])['deep']; echo json_encode($o);"


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
    *BACKUP_STATIONS,
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
    return seed(Shop(panel, site, told), php, SECOND, THIRD)


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
