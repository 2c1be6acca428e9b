"""A WordPress site with much in it: 200 posts and 500 uploads; and its pages, to be compared with themselves later."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.whole.conftest import Shop
from tests.whole.panel import Answer, Panel

POSTS, UPLOADS = 200, 500
SEED = (Path(__file__).parent / "library.php").read_text()
VOLATILE = (
    r"_wpnonce=[0-9a-f]+",
    r'"nonce":"[0-9a-f]+"',
    r"ver=[0-9.a-f]+",
    r"load-(?:styles|scripts)\.php\?c=[01]",
    r'id="(?:menu|nav|wp)[^"]*-[0-9a-f]{3,}"',
)
"""What differs from one visit to the next."""


@dataclass(frozen=True)
class Library:
    """The shop with its posts. *pages* are those that are looked at: address → what a visitor gets.

    *names*: all host names that the site ever has.
    """

    shop: Shop
    names: tuple[str, ...]
    pages: dict[str, str]

    @property
    def panel(self) -> Panel:
        return self.shop.panel

    @property
    def slug(self) -> str:
        return str(self.shop.site["slug"])

    def changed(self, host: str, headers: dict[str, str] | None = None) -> dict[str, tuple[str, str]]:
        """The addresses whose page at *host* is not what it was, the hosts' names aside: what it was, and is."""
        now = pages_of(self.panel, host, self.names, self.pages, headers)
        return {path: differing(page, now[path]) for path, page in self.pages.items() if now[path] != page}


def differing(before: str, after: str) -> tuple[str, str]:
    """The first place where two pages are not the same, with what is around it."""
    same = next((at for at, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]), 0)
    return before[max(0, same - 60) : same + 60], after[max(0, same - 60) : same + 60]


def addresses() -> list[str]:
    posts = [f"/post-{number}/" for number in (1, 17, POSTS)]
    lists = ["/", "/?paged=2", "/?s=text", "/feed/", "/wp-login.php"]
    rest = ["/wp-json/wp/v2/posts?per_page=5&page=3", "/wp-json/wp/v2/media?per_page=3"]
    return [*lists, "/hello-world/", *posts, *rest]


def seed(shop: Shop, php: Any, *further: str) -> Library:
    """Fill the site. *php* runs a script in it as its user, and returns what it prints. *further*: names to come."""
    script = SEED.replace("UPLOADS", str(UPLOADS)).replace("POSTS", str(POSTS))
    told = php(shop, script)
    assert told.split() == [str(POSTS + 1), str(UPLOADS)], told
    folder = next(shop.public.glob("wp-content/uploads/*/*/upload-1.png")).parent.relative_to(shop.public)
    wanted = addresses() + [f"/{folder}/upload-{number}.png" for number in (1, 250, UPLOADS)]
    host = str(shop.site["domains"][0])
    names = (host, *further)
    return Library(shop, names, pages_of(shop.panel, host, names, wanted))


def pages_of(
    panel: Panel, host: str, names: Iterable[str], wanted: Iterable[str], headers: dict[str, str] | None = None
) -> dict[str, str]:
    """What a visitor gets at each address: the status and the body, without hosts and nonces."""
    return {path: _plain(panel.ask(host, path, headers=headers), names) for path in wanted}


def _plain(answer: Answer, names: Iterable[str]) -> str:
    text = f"{answer.status} {answer.body}"
    for name in names:
        text = text.replace(name, "NAME")
    for pattern in VOLATILE:
        text = re.sub(pattern, "", text)
    return text
