"""Laravel, or any other application of Composer's: pages below public/, a .env, and FrankenPHP's worker mode."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from html import escape
from typing import Any, ClassVar

from apps.sites.kinds.base import ConfigKeys, Kind, Rules, SiteFacts, Source, WorkerMode, letters, page_title
from apps.sites.kinds.escaping import dotenv
from apps.sites.kinds.page import page

MARK = "frankenpanel-laravel"
WRITABLE = ("app/public", "framework/cache/data", "framework/sessions", "framework/views", "logs")
BODY = """\
<h1>{title}</h1>
<p>PHP works: it is <?= date('H:i:s') ?> <?= date_default_timezone_get() ?> on this server,
and <code>storage/</code> <?= is_writable(dirname(__DIR__) . '/storage') ? 'can' : 'cannot' ?> be written to.</p>
<p>Put your application, with what <code>composer install --no-dev</code> made of it, into <code>public/</code>:
its own <code>public/</code> is what visitors see. Keep the <code>.env</code> that is there: it has the key,
the address and, if there is one, the database.</p>
"""
MIGRATE = """<?php
/* Runs the migrations of the application in the current directory, in this process: < {"migrate": true}. */
ini_set('display_errors', '0');
ini_set('zend.exception_ignore_args', '1'); // no password in a message
if (!json_decode(file_get_contents('php://stdin'), true)['migrate'] || !is_file('artisan')) {
    exit(0);
}
$_SERVER['argv'] = $argv = ['artisan', 'migrate', '--force', '--no-interaction', '--no-ansi'];
$_SERVER['argc'] = $argc = count($argv);
register_shutdown_function(static function (): void {
    $error = error_get_last();
    if ($error && ($error['type'] & (E_ERROR | E_PARSE | E_COMPILE_ERROR | E_CORE_ERROR))) {
        file_put_contents('php://stderr', strtok($error['message'], "\\n") . "\\n");
        posix_kill(posix_getpid(), 9); // FrankenPHP would tell code 0
    }
});
require getcwd() . '/artisan';
"""


class Laravel(Kind):
    key: ClassVar = "laravel"
    label: ClassVar = "Laravel"
    rules: ClassVar = Rules(
        document_root="public/public",
        no_php="storage",
        worker_mode=WorkerMode(
            script="frankenphp-worker.php",  # as Laravel Octane calls it, and these as it is told
            env={"LARAVEL_OCTANE": "1", "MAX_REQUESTS": "500"},
            paths={"APP_BASE_PATH": "public", "APP_PUBLIC_PATH": "public/public"},
        ),
    )
    source: ClassVar = Source(
        name="laravel",
        label="Composer application",
        version_file="vendor/autoload.php",
        leave_out=(".env", "bootstrap/cache/config.php", "public/hot"),
    )
    folders: ClassVar = (
        "public/public",
        "public/bootstrap/cache",
        *(f"public/storage/{name}" for name in WRITABLE),
    )
    config_file: ClassVar = "public/.env"
    config_keys: ClassVar = ConfigKeys(
        "dotenv",
        "DB_DATABASE",
        "DB_USERNAME",
        "DB_PASSWORD",
        copies=("public/bootstrap/cache/config.php",),
        host="DB_HOST",
        socket="DB_SOCKET",
    )
    installer: ClassVar = MIGRATE
    proof_statuses: ClassVar = range(200, 500)
    """Whatever an application that we do not know may answer at its top, but a failure."""

    def config(self, facts: SiteFacts) -> str:
        """Nothing in it needs a table, so that a new application's first page does not either."""
        values = {
            "APP_NAME": facts.title,
            "APP_ENV": "production",
            "APP_KEY": f"base64:{base64.b64encode(secrets.token_bytes(32)).decode()}",
            "APP_DEBUG": "false",
            "APP_URL": facts.url,
            "LOG_LEVEL": "warning",
            "SESSION_DRIVER": "file",
            "CACHE_STORE": "file",
            "QUEUE_CONNECTION": "sync",
            "OCTANE_SERVER": "frankenphp",
        }
        return "".join(f"{name}={dotenv(value)}\n" for name, value in {**values, **_database(facts)}.items())

    def placeholder(self, facts: SiteFacts) -> Mapping[str, str]:
        return {"public/public/index.php": page(MARK, facts.title, BODY.format(title=escape(facts.title)))}

    def install_input(self, facts: SiteFacts, password: str) -> dict[str, Any]:
        return {"migrate": facts.database is not None}

    def recognises(self, body: str, title: str = "") -> bool:
        """Its own first page by its title. Of somebody's application no more is known than that PHP ran it."""
        if MARK in body and letters(title) not in page_title(body):
            return False
        return "<?" not in body.removeprefix("<?xml")


def _database(facts: SiteFacts) -> dict[str, str]:
    if facts.database is None:
        return {}
    return {
        "DB_CONNECTION": "mysql",
        "DB_HOST": "localhost",
        "DB_SOCKET": str(facts.database.socket),
        "DB_DATABASE": facts.database.name,
        "DB_USERNAME": facts.database.user,
        "DB_PASSWORD": facts.database.password,
    }


KIND = Laravel()
