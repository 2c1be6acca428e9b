"""A site of one's own PHP: an empty one that shows that it works, with its database's data beside it."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import ClassVar

from apps.sites.kinds.base import ConfigKeys, Kind, SiteFacts, letters, page_title
from apps.sites.kinds.escaping import dotenv
from apps.sites.kinds.page import page

MARK = "frankenpanel-custom"
BODY = """\
<h1>{title}</h1>
<p>PHP works: it is <?= date('H:i:s') ?> <?= date_default_timezone_get() ?> on this server.</p>
<p>Put your files into <code>public/</code>; this one is <code>public/index.php</code>.
The database, if there is one, is described in <code>private/.env</code>.</p>
"""


class Custom(Kind):
    key: ClassVar = "custom"
    label: ClassVar = "Custom PHP"
    config_file: ClassVar = "private/.env"
    config_keys: ClassVar = ConfigKeys("dotenv", "DB_DATABASE", "DB_USERNAME", "DB_PASSWORD")

    def config(self, facts: SiteFacts) -> str:
        values = {"APP_NAME": facts.title, "APP_URL": facts.url}
        if facts.database:
            values |= {
                "DB_CONNECTION": "mysql",
                "DB_HOST": "localhost",
                "DB_SOCKET": str(facts.database.socket),
                "DB_DATABASE": facts.database.name,
                "DB_USERNAME": facts.database.user,
                "DB_PASSWORD": facts.database.password,
            }
        return "".join(f"{name}={dotenv(value)}\n" for name, value in values.items())

    def starter(self, facts: SiteFacts) -> Mapping[str, str]:
        return {"public/index.php": page(MARK, facts.title, BODY.format(title=escape(facts.title)))}

    def recognises(self, body: str, title: str = "") -> bool:
        ran = MARK in body and "<?" not in body
        return ran and letters(title) in page_title(body)


KIND = Custom()
