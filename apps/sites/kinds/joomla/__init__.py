"""Joomla: arrives installed by its own command, with an administrator whose password is shown once."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any, ClassVar

from apps.sites.kinds.base import ConfigKeys, DatabaseFacts, Kind, Rules, SiteFacts, Source, letters, page_title
from apps.sites.kinds.escaping import php

PREFIX = "jos_"
KEPT = "images|media|tmp|cache|logs|administrator/(cache|logs)|libraries|includes|layouts|cli|files"
HIDDEN = "|".join(
    (
        r"(installation|cli)(/|$)",
        r"(htaccess|web\.config|LICENSE|README)\.txt$",
        r"(tmp|cache|logs|administrator/(cache|logs|manifests))/.*\.(txt|xml|json|php|zip)$",
    )
)
CONFIG = """\
<?php
// Written by the panel, and written anew when the password of the database changes.

class JConfig
{{
{values}}}
"""
PLAIN = {
    "offline": "false",
    "editor": "'tinymce'",
    "list_limit": "20",
    "access": "1",
    "debug": "false",
    "error_reporting": "'default'",
    "force_ssl": "0",
    "live_site": "''",
    "offset": "'UTC'",
    "mailonline": "true",
    "mailer": "'mail'",
    "caching": "0",
    "cache_handler": "'file'",
    "cachetime": "15",
    "sef": "true",
    "sef_rewrite": "true",
    "sitename_pagetitles": "2",
    "lifetime": "15",
    "session_handler": "'database'",
    "session_metadata": "true",
    "log_path": "__DIR__ . '/administrator/logs'",
    "tmp_path": "__DIR__ . '/tmp'",
}
"""PHP already. What is missing has Joomla's own default."""


class Joomla(Kind):
    key: ClassVar = "joomla"
    label: ClassVar = "Joomla"
    needs_database: ClassVar = True
    rules: ClassVar = Rules(no_php=KEPT, hidden=f"^/({HIDDEN})", rewrites=(("/api", "/api/index.php"),))
    source: ClassVar = Source(
        name="joomla",
        label="Joomla",
        latest="https://downloads.joomla.org/api/v1/latest/cms",
        latest_version=r'"version"\s*:\s*"(5\.[0-9.]+)"',  # 6 needs PHP 8.3, which not every runtime has
        archive="https://github.com/joomla/joomla-cms/releases/download/{version}/Joomla_{version}-Stable-Full_Package.zip",
        checksum="https://downloads.joomla.org/api/v1/signatures/cms/{dashed}",
        version_file="administrator/manifests/files/joomla.xml",
        version=r"<version>([0-9][0-9A-Za-z.-]*)</version>",
        leave_out=("configuration.php", ".htaccess"),
    )
    config_file: ClassVar = "public/configuration.php"
    config_keys: ClassVar = ConfigKeys("property", "db", "user", "password", host="host")
    installer: ClassVar = (Path(__file__).parent / "install.php").read_text()
    admin_path: ClassVar = "/administrator/"

    def config(self, facts: SiteFacts) -> str:
        database = _database(facts)
        values = {
            "sitename": php(facts.title),
            "dbtype": "'mysqli'",
            "host": php(_host(database)),
            "user": php(database.user),
            "password": php(database.password),
            "db": php(database.name),
            "dbprefix": php(PREFIX),
            "dbencryption": "0",
            "secret": php(secrets.token_urlsafe(24)),
            "mailfrom": php(facts.admin_email),
            "fromname": php(facts.title),
            **PLAIN,
        }
        return CONFIG.format(values="".join(f"    public ${name} = {value};\n" for name, value in values.items()))

    def install_input(self, facts: SiteFacts, password: str) -> dict[str, Any]:
        """*options* are those of Joomla's command. Its site name is only for the file that ours replaces."""
        database = _database(facts)
        options = {
            "site-name": facts.host,
            "admin-user": facts.admin_user,
            "admin-username": facts.admin_user,
            "admin-password": password,
            "admin-email": facts.admin_email,
            "db-type": "mysqli",
            "db-host": _host(database),
            "db-user": database.user,
            "db-pass": database.password,
            "db-name": database.name,
            "db-prefix": PREFIX,
            "db-encryption": "0",
        }
        return {"options": options, "socket": str(database.socket), "config": self.config(facts)}

    def recognises(self, body: str, title: str = "") -> bool:
        return 'content="Joomla! ' in body and letters(title) in page_title(body)


def _database(facts: SiteFacts) -> DatabaseFacts:
    if facts.database is None:
        raise ValueError("Joomla does not work without a database; give the site one.")
    return facts.database


def _host(database: DatabaseFacts) -> str:
    return f"localhost:{database.socket}"


KIND = Joomla()
