"""Pages that log in to their site's database with what its configuration says, and tell as whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.bench.front import Page

CONNECTS = """
    mysqli_report(MYSQLI_REPORT_OFF);
    usleep(random_int(0, 20000)); // between reading the password and using it
    $db = @mysqli_connect('localhost', $user, $password, $user, 0, $socket);
    if (!$db) { echo 'refused: ', mysqli_connect_error(); return; }
    echo 'in as ', $db->query('SELECT CURRENT_USER()')->fetch_row()[0];
"""
DOTENV = """$env = parse_ini_file($file, false, INI_SCANNER_RAW);
    [$user, $password, $socket] = [$env['DB_USERNAME'], $env['DB_PASSWORD'], $env['DB_SOCKET']];"""
PAGE = f"<?php $file = dirname(__DIR__) . '/private/.env'; {DOTENV} {CONNECTS}"
CONSTANTS = f"""<?php require __DIR__ . '/wp-config.php';
    [$user, $password, $socket] = [DB_USER, DB_PASSWORD, substr(DB_HOST, strlen('localhost:'))]; {CONNECTS}"""
MEMORY = f"""<?php $file = $_SERVER['APP_BASE_PATH'] . '/.env'; {DOTENV}
    $answer = function () use ($user, $password, $socket) {{ {CONNECTS} }};
    while (frankenphp_handle_request($answer)) {{}}"""


def is_in(page: Page) -> bool:
    """Whether the page has logged in."""
    return page.body.startswith("in as fp")
