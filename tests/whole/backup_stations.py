"""Stations of the WordPress site's journey on which it is saved: wrecked and restored, copied, and tried out."""

from __future__ import annotations

from typing import Any

from tests.whole.conftest import Shop
from tests.whole.journey import LEFT, SECOND, THIRD, Journey, visited
from tests.whole.library import pages_of
from tests.whole.panel import until
from tests.whole.test_wordpress_in_chromium import php

WRECK = """global $wpdb;
foreach (['posts', 'options', 'users', 'postmeta'] as $t) $wpdb->query("DROP TABLE {$wpdb->prefix}$t");
"""


def is_defaced(journey: Journey) -> bool:
    return bool(journey.panel.ask(journey.host, "/").body == "defaced")


def saved_wrecked_and_restored(journey: Journey) -> None:
    with visited(journey) as got:
        said = journey.do("backup", "create", journey.library.slug, "--label", "before the wreck").json
    assert set(got) == {200}, got
    assert (said["status"], said["warnings"]) == ("completed", [])
    journey.php(WRECK)
    public = journey.library.shop.public
    for gone in [*public.glob("wp-content/uploads/*/*/upload-*.png"), *public.glob("wp-includes/*.php")]:
        gone.unlink()
    (public / "wp-config.php").write_text("<?php // nothing of it is left")
    (public / "index.php").write_text("<?php echo 'defaced';")
    until(lambda: is_defaced(journey), 10, "PHP's look at the file, which it takes every two seconds,")
    journey.do("backup", "restore", said["file"], "--yes")


def a_copy_at_another_domain(journey: Journey) -> None:
    was = journey.panel.records("SELECT COUNT(*) FROM sites_site")
    journey.do("backup", "clone", _saved(journey), THIRD, "--name", "The Copy")
    site = next(one for one in _all(journey, "site") if one["domains"] == [THIRD])
    copy = Shop(journey.panel, site, journey.library.shop.told)
    assert _pages(journey, THIRD) == journey.library.pages
    left = dict(line.split() for line in php(copy, LEFT.replace("OLD", SECOND)).splitlines())
    assert (left["post_content"], left["option_value"], left["meta_value"]) == ("0", "0", "0")
    first, journey.host = journey.host, THIRD
    try:
        journey.is_opened_in_a_browser()
        journey.is_logged_in_to()
    finally:
        journey.host = first
    journey.panel.done("site", "delete", site["slug"], "--yes", "--wait")
    journey.panel.done("site", "purge", site["slug"], "--yes", "--wait")
    assert journey.panel.records("SELECT COUNT(*) FROM sites_site") == was


def tried_out_unseen(journey: Journey) -> None:
    databases = journey.panel.records("SELECT COUNT(*) FROM databases_database")
    with visited(journey) as got:
        tried = journey.do("backup", "drill", _saved(journey)).json
    assert set(got) == {200}, got
    assert tried["proven_at"] is not None
    assert tried["proven_seconds"] > 0
    assert journey.panel.records("SELECT COUNT(*) FROM databases_database") == databases
    assert not list(journey.panel.places.site(journey.library.slug).parent.glob(".restore-*"))


BACKUP_STATIONS = (saved_wrecked_and_restored, a_copy_at_another_domain, tried_out_unseen)


def _saved(journey: Journey) -> str:
    """The backup that was made before the wreck."""
    return next(str(one["file"]) for one in _all(journey, "backup") if one["label"])


def _pages(journey: Journey, host: str) -> dict[str, str]:
    library = journey.library
    return pages_of(journey.panel, host, library.names, library.pages)


def _all(journey: Journey, noun: str) -> Any:
    return journey.panel.done(noun, "list", "--format", "json").json
