"""One panel for all tests that need a whole one, with a WordPress site that the command line has made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.parts.postgresql import PostgreSQL
from tests.parts.redis import Redis
from tests.whole.browsing import Visitor, chromium
from tests.whole.panel import Panel, a_panel
from tests.whole.served import a_broker, a_database, a_served_panel


@dataclass(frozen=True)
class Shop:
    """The WordPress site. *site* is what the command printed, *told* what it wrote into the credentials' file."""

    panel: Panel
    site: dict[str, Any]
    told: dict[str, str]

    @property
    def url(self) -> str:
        return str(self.site["url"])

    @property
    def public(self) -> Path:
        return self.panel.places.public(self.site["slug"])


@pytest.fixture(scope="package")
def panel() -> Iterator[Panel]:
    """A panel that is up."""
    with a_panel() as panel:
        panel.done("up")
        yield panel


@pytest.fixture(scope="package")
def database() -> Iterator[PostgreSQL]:
    with a_database() as database:
        yield database


@pytest.fixture(scope="package")
def broker() -> Iterator[Redis]:
    with a_broker() as broker:
        yield broker


@pytest.fixture(scope="package")
def served(database: PostgreSQL, broker: Redis) -> Iterator[Panel]:
    """A panel that is up, on both; its tests put right again what they disturb."""
    with a_served_panel(database, broker) as panel:
        yield panel


@pytest.fixture(scope="package")
def shop(panel: Panel, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    file = tmp_path_factory.mktemp("shop") / "credentials"
    asked = ["My shop & co", "--kind", "wordpress", "--domain", "shop.localhost", "--wait", "--format", "json"]
    said = panel.done("site", "create", *asked, "--credentials-file", file)
    assert file.stat().st_mode & 0o777 == 0o600
    told = dict(line.split(": ", 1) for line in file.read_text().splitlines())
    assert told["password"] not in said.out + said.err
    return Shop(panel, said.json, told)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Visitor]:
    visitor = Visitor(browser)
    yield visitor
    visitor.context.close()
