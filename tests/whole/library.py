"""A WordPress site with much in it: 200 posts and 500 uploads; and its pages, to be compared with themselves later."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.whole.conftest import Shop
from tests.whole.panel import Panel

POSTS, UPLOADS = 200, 500
SEED = (Path(__file__).parent / "library.php").read_text()
VOLATILE = (
    r"_wpnonce=[0-9a-f]+",
    r'"nonce":"[0-9a-f]+"',
    r"ver=[0-9.a-f]+",
    r'id="(?:menu|nav|wp)[^"]*-[0-9a-f]{3,}"',
)
"""What differs from one visit to the next."""


@dataclass(frozen=True)
class Library:
    """The shop with its posts. *pages* are those that are looked at: address → what a visitor gets."""

    shop: Shop
    pages: dict[str, str]

    @property
    def panel(self) -> Panel:
        return self.shop.panel

    @property
    def slug(self) -> str:
        return str(self.shop.site["slug"])

    def as_before(self, host: str) -> list[str]:
        """The addresses whose page at *host* is not what it was, the host's name aside."""
        now = pages_of(self.panel, host, self.pages)
        return [path for path, page in self.pages.items() if now[path] != page]


def addresses() -> list[str]:
    month = "/wp-content/uploads/{}"
    posts = [f"/post-{number}/" for number in (1, 2, 17, 100, 199, POSTS)]
    return ["/", "/?paged=2", "/?paged=20", "/?s=text", "/feed/", "/hello-world/", *posts, month]


def seed(shop: Shop, php: Any) -> Library:
    """Fill the site. *php* runs a script in it as its user, and returns what it prints."""
    script = SEED.replace("UPLOADS", str(UPLOADS)).replace("POSTS", str(POSTS))
    told = php(shop, script)
    assert told.split() == [str(POSTS + 1), str(UPLOADS)], told
    folder = next(shop.public.glob("wp-content/uploads/*/*/upload-1.png")).parent.relative_to(shop.public)
    wanted = [path.format(f"{folder.name}/upload-7.png") for path in addresses() if "{}" not in path]
    wanted += [f"/{folder}/upload-{number}.png" for number in (1, 250, UPLOADS)]
    host = str(shop.site["domains"][0])
    return Library(shop, pages_of(shop.panel, host, wanted))


def pages_of(panel: Panel, host: str, wanted: Any) -> dict[str, str]:
    """What a visitor gets at each address: the status and the body, without host and nonces."""
    return {path: _plain(panel, host, path) for path in wanted}


def _plain(panel: Panel, host: str, path: str) -> str:
    answer = panel.ask(host, path)
    text = f"{answer.status} {answer.body}".replace(f"{host}:{panel.https}", "HOST")
    escaped = json.dumps(f"{host}:{panel.https}")[1:-1]
    text = text.replace(escaped, "HOST").replace(host, "NAME")
    for pattern in VOLATILE:
        text = re.sub(pattern, "", text)
    return text
