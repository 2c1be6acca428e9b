"""WordPress: arrives installed, with permalinks on and an administrator whose password is shown once."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from apps.sites.kinds.base import ConfigKeys, DebianPackages, Kind, Rules, SiteFacts, Source, letters, page_title
from apps.sites.kinds.escaping import php

HERE = Path(__file__).parent
MUST_USE = "wp-content/mu-plugins"
KEYS = ("AUTH_KEY", "SECURE_AUTH_KEY", "LOGGED_IN_KEY", "NONCE_KEY")
SALTS = ("AUTH_SALT", "SECURE_AUTH_SALT", "LOGGED_IN_SALT", "NONCE_SALT")
CONFIG = """\
<?php
// Written by the panel, and written anew when the password of the database changes.

{constants}
$table_prefix = 'wp_';

if (!defined('ABSPATH')) {{
    define('ABSPATH', __DIR__ . '/');
}}
require_once ABSPATH . 'wp-settings.php';
"""


class WordPress(Kind):
    key: ClassVar = "wordpress"
    label: ClassVar = "WordPress"
    needs_database: ClassVar = True
    rules: ClassVar = Rules(
        no_php="wp-content/(uploads|upgrade|cache|languages)|wp-includes",
        hidden=r"^/(readme\.html|wp-admin/install\.php)$",
    )
    source: ClassVar = Source(
        name="wordpress",
        label="WordPress",
        archive="https://wordpress.org/latest.tar.gz",
        checksum="https://wordpress.org/latest.tar.gz.sha1",
        version_file="wp-includes/version.php",
        version=r"\$wp_version\s*=\s*'([0-9][0-9A-Za-z.-]*)'",
        debian=DebianPackages(
            package="wordpress",
            companions=r"libjs-.*|libphp-.*|php-getid3|wordpress-theme-.*",
            folder="usr/share/wordpress",
            links=("/etc/ssl/certs/ca-certificates.crt",),
        ),
        leave_out=("wp-config.php", ".htaccess"),
        folders=(MUST_USE, "wp-content/uploads"),
    )
    config_file: ClassVar = "public/wp-config.php"
    config_keys: ClassVar = ConfigKeys("constant", "DB_NAME", "DB_USER", "DB_PASSWORD", host="DB_HOST")
    installer: ClassVar = (HERE / "install.php").read_text()
    admin_path: ClassVar = "/wp-login.php"
    cron_command: ClassVar = "GET /wp-cron.php"
    lasting_columns: ClassVar = ("guid",)

    def config(self, facts: SiteFacts) -> str:
        constants = {**self._database(facts), **self._behaviour(facts)}
        lines = [f"define({php(name)}, {value});\n" for name, value in constants.items()]
        return CONFIG.format(constants="".join(lines))

    def starter(self, facts: SiteFacts) -> Mapping[str, str]:
        return {f"public/{MUST_USE}/frankenpanel.php": (HERE / "must-use.php").read_text()}

    def install_input(self, facts: SiteFacts, password: str) -> dict[str, Any]:
        return {
            "title": facts.title,
            "url": facts.url,
            "user": facts.admin_user,
            "email": facts.admin_email,
            "password": password,
        }

    def recognises(self, body: str, title: str = "") -> bool:
        marks = 'content="WordPress ' in body or "/wp-content/" in body or "/wp-includes/" in body
        return marks and letters(title) in page_title(body)

    def _database(self, facts: SiteFacts) -> dict[str, str]:
        database = facts.database
        if database is None:
            raise ValueError("WordPress does not work without a database; give the site one.")
        return {
            "DB_NAME": php(database.name),
            "DB_USER": php(database.user),
            "DB_PASSWORD": php(database.password),
            "DB_HOST": php(f"localhost:{database.socket}"),
            "DB_CHARSET": php("utf8mb4"),
            "DB_COLLATE": php(""),
        }

    def _behaviour(self, facts: SiteFacts) -> dict[str, str]:
        """The address is not here but in the database, where WordPress's own settings page can change it."""
        return {
            **{name: php(secrets.token_urlsafe(48)) for name in (*KEYS, *SALTS)},
            "FS_METHOD": php("direct"),
            "DISALLOW_FILE_EDIT": "true",
            "DISABLE_WP_CRON": "true",  # a cron job of the panel's fetches it, so that no visitor waits for it
            "WP_AUTO_UPDATE_CORE": php("minor"),
            "WP_DEBUG": "false",
            "FRANKENPANEL_FRONT": php(f"127.0.0.1:{facts.https_port}"),
        }


KIND = WordPress()
