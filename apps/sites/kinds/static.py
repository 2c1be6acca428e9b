"""A site of files alone: PHP in it is refused."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import ClassVar

from apps.sites.kinds.base import Kind, Rules, SiteFacts, letters, page_title
from apps.sites.kinds.page import page

MARK = "frankenpanel-static"
BODY = """\
<h1>{title}</h1>
<p>This site is ready. Put your files into <code>public/</code>;
this one is <code>public/index.html</code>.</p>
"""


class Static(Kind):
    key: ClassVar = "static"
    label: ClassVar = "Static files"
    rules: ClassVar = Rules(php=False)

    def starter(self, facts: SiteFacts) -> Mapping[str, str]:
        return {"public/index.html": page(MARK, facts.title, BODY.format(title=escape(facts.title)))}

    def recognises(self, body: str, title: str = "") -> bool:
        return MARK in body and letters(title) in page_title(body)


KIND = Static()
