"""A WordPress site as its owner finds it: made by one command, and used in Chromium."""

from __future__ import annotations

import json
import struct
import subprocess
import zlib
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.whole.browsing import Visitor
from tests.whole.conftest import Shop
from tests.whole.panel import ROOT, until

pytestmark = pytest.mark.host


def picture(width: int, height: int) -> bytes:
    """A PNG with a slope of colours."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = b"".join(
        b"\0" + bytes(value for x in range(width) for value in (x * 255 // width, y * 255 // height, 128))
        for y in range(height)
    )
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def signed_in(shop: Shop, visitor: Visitor) -> Page:
    visitor.goes_to(shop.told["address"])
    visitor.photographs("wp-login")
    visitor.page.get_by_label("Username or Email Address").fill(shop.told["user"])
    visitor.page.get_by_label("Password", exact=True).fill(shop.told["password"])
    visitor.page.get_by_role("button", name="Log In").click()
    visitor.page.wait_for_url("**/wp-admin/")
    return visitor.page


def php(shop: Shop, script: str) -> str:
    """What *script* prints when the site's own user runs it in the site's WordPress."""
    file = shop.public / "wp-content" / "told-by-the-test.php"
    file.write_text(f"<?php require {json.dumps(str(shop.public / 'wp-load.php'))}; {script}")
    user = shop.panel.places.site_user(shop.site["id"])
    who = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--"] if ROOT else []
    argv = [*who, shop.panel.settings["FRANKENPHP_BIN"], "php-cli", str(file)]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, cwd=shop.public, env={}, timeout=60, check=True)
    finally:
        file.unlink()
    return done.stdout


def test_the_command_prints_the_site_and_keeps_its_password_in_a_file(shop: Shop) -> None:
    wanted = "id name slug kind status server port domains url directory databases runtime disk"
    assert list(shop.site) == [*wanted.split(), "suspended_because", "front_fault", "kept_until"]
    assert shop.site["name"] == "My shop & co"
    assert (shop.site["slug"], shop.site["kind"], shop.site["status"]) == ("my-shop-co", "wordpress", "active")
    assert shop.site["domains"] == ["shop.localhost"]
    assert shop.url == f"https://shop.localhost:{shop.panel.https}"
    assert shop.site["port"] in shop.panel.site_ports
    assert shop.told["address"] == f"{shop.url}/wp-login.php"
    assert len(shop.told["password"]) >= 20


def test_a_visitor_finds_the_home_page_and_a_post_at_its_pretty_address(shop: Shop, visitor: Visitor) -> None:
    assert visitor.goes_to(shop.url).status == 200
    assert "My shop & co" in visitor.page.title()
    visitor.photographs("wp-home")
    visitor.page.get_by_role("link", name="Hello world!").first.click()
    visitor.page.wait_for_url(f"{shop.url}/hello-world/")
    expect(visitor.page.get_by_text("Welcome to WordPress")).to_be_visible()
    visitor.photographs("wp-post")
    assert visitor.goes_to(f"{shop.url}/?p=1").url == f"{shop.url}/hello-world/"
    assert visitor.complaints == []
    assert visitor.goes_to(f"{shop.url}/no-such-page/").status == 404
    assert "My shop & co" in visitor.page.title()


def test_the_first_administrator_uploads_a_picture_and_finds_the_plugins(shop: Shop, visitor: Visitor) -> None:
    page = signed_in(shop, visitor)
    visitor.photographs("wp-dashboard")
    visitor.goes_to(f"{shop.url}/wp-admin/plugins.php")
    expect(page.get_by_role("heading", name="Plugins", exact=True)).to_be_visible()
    visitor.photographs("wp-plugins")

    visitor.goes_to(f"{shop.url}/wp-admin/media-new.php?browser-uploader")
    slope = {"name": "slope.png", "mimeType": "image/png", "buffer": picture(900, 600)}
    page.locator("#async-upload").set_input_files(slope)  # type: ignore[arg-type]
    page.locator("#html-upload").click()
    page.wait_for_url("**/upload.php*")
    expect(page.get_by_role("checkbox", name="slope")).to_be_visible()
    visitor.photographs("wp-media")
    folder = next(shop.public.glob("wp-content/uploads/*/*/"))
    names = sorted(file.name for file in folder.iterdir())
    assert {"slope.png", "slope-300x200.png", "slope-150x150.png", "slope-768x512.png"} <= set(names)
    if ROOT:
        assert (folder / "slope.png").owner() == shop.panel.places.site_user(shop.site["id"])
    for name in names:
        answer = shop.panel.ask("shop.localhost", f"/{folder.relative_to(shop.public)}/{name}")
        assert (answer.status, answer.headers["Content-Type"]) == (200, "image/png")
    assert visitor.complaints == []


def test_a_post_is_written_in_the_editor_and_read_at_its_address(shop: Shop, visitor: Visitor) -> None:
    page = signed_in(shop, visitor)
    visitor.goes_to(f"{shop.url}/wp-admin/post-new.php")
    page.wait_for_function("window.wp && wp.data && wp.data.select('core/editor').getCurrentPostId()")
    visitor.photographs("wp-editor")
    post = {"title": "Tea & “cake”", "content": "Fresh every day", "status": "publish"}
    made = page.evaluate("data => wp.apiFetch({path: '/wp/v2/posts', method: 'POST', data})", post)
    assert made["link"] == f"{shop.url}/tea-cake/"
    assert visitor.goes_to(made["link"]).status == 200
    expect(page.get_by_text("Fresh every day")).to_be_visible()
    assert visitor.complaints == []


def test_what_is_due_in_wordpress_is_done_by_the_sites_own_job(shop: Shop) -> None:
    """Visitors do not wait for it: WordPress's own cron is off, and a job of the site calls it."""
    hook = "add_action('fp_told', fn() => update_option('fp_told', wp_doing_cron() ? 'by cron' : 'otherwise'));"
    plugin = shop.public / "wp-content" / "mu-plugins" / "told.php"
    plugin.write_text(f"<?php {hook}")
    php(shop, "delete_transient('doing_cron'); wp_schedule_single_event(time() - 86400, 'fp_told');")
    shop.panel.done("cron", "test", f"{shop.site['slug']}.wordpress", "--wait")
    until(lambda: php(shop, "echo get_option('fp_told');") == "by cron", what="the event")  # after its answer
    plugin.unlink()


def test_the_health_check_finds_that_wordpress_can_call_itself(shop: Shop, visitor: Visitor) -> None:
    page = signed_in(shop, visitor)
    visitor.goes_to(f"{shop.url}/wp-admin/site-health.php")
    found = page.evaluate("wp.apiFetch({path: '/wp-site-health/v1/tests/loopback-requests'})")
    assert found["status"] == "good", found


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/wp-content/uploads/evil.php", 403),
        ("/wp-content/uploads/2026/11/e.PHP/x", 403),
        ("/wp-content/uploads/x%2Ephp", 403),
        ("/wp-includes/version.php", 403),
        ("/wp-config.php.bak", 404),
        ("/wp-config.php.save", 404),
        ("/wp-config.php~", 404),
        ("/wp-config-sample.php", 404),
        ("/.wp-config.php.swp", 404),
        ("/.git/config", 404),
        ("/backup.sql.gz", 404),
        ("/debug.log", 404),
        ("/readme.html", 404),
        ("/wp-admin/install.php", 404),
        ("/.frankenpanel/php", 404),
        ("/.frankenpanel/up", 404),
        ("/.frankenpanel/", 404),
        ("//.frankenpanel/php", 404),
        ("/%2Efrankenpanel/php", 404),
    ],
)
def test_what_nobody_shall_see_is_refused(shop: Shop, path: str, status: int) -> None:
    """The file is there where it can be: it is the rule that refuses, not the lack of a file."""
    file = shop.public / path.lstrip("/").replace("%2E", ".").removesuffix("/x")
    missing = not file.exists() and not path.endswith("/")
    if missing:
        new = [parent for parent in file.parents if not parent.exists()]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("<?php echo 'run';")
    try:
        answer = shop.panel.ask("shop.localhost", path)
    finally:
        if missing:
            file.unlink()
            for folder in new:
                folder.rmdir()
    assert answer.status == status
    assert "run" not in answer.body


def test_the_configuration_is_not_readable_and_says_nothing(shop: Shop) -> None:
    answer = shop.panel.ask("shop.localhost", "/wp-config.php")
    assert (answer.status, answer.body) == (200, "")
    config = shop.public / "wp-config.php"
    assert config.stat().st_mode & 0o777 == 0o640
    if ROOT:
        assert config.owner() == config.group() == shop.panel.places.site_user(shop.site["id"])


def test_plain_http_leads_to_https_with_the_right_port(shop: Shop, visitor: Visitor) -> None:
    plain = shop.panel.settings["FRANKENPANEL_HTTP_PORT"]
    response = visitor.goes_to(f"http://shop.localhost:{plain}/hello-world/?a=b")
    assert response.status == 200
    assert urlsplit(visitor.page.url).netloc == f"shop.localhost:{shop.panel.https}"
