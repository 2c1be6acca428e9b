"""The databases of a site in Chromium: their tab, a password told once, and what destroys."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from cryptography.fernet import Fernet
from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils.timezone import now

from apps.accounts.fresh import LASTS, PROVED
from apps.databases.models import Database
from apps.host.vault import Vault
from apps.operations import questions
from apps.operations.models import Operation
from apps.servers.models import Kept
from tests.doors.staff import SITES, boss
from tests.doors.test_admin_pages import Visitor, _plain_http, address, browser, visitor
from tests.make import a_site

__all__ = ["_plain_http", "address", "browser", "visitor"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.host]
PASSWORD = "k3v9xaQ7k3v9xaQ7k3v9xaQ7k3v9xaQ7"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """One of a site with several, and a runner that answers at once."""
    keys = tmp_path / "fernet"
    keys.write_bytes(Fernet.generate_key())
    machine: Any = SimpleNamespace(vault=Vault(keys), places=settings.PLACES)
    site = a_site(boss("rose"), "Rose & Sons")
    sealed = machine.vault.seal(PASSWORD)
    facts = {"site": site, "sealed_password": sealed}
    first = Database.objects.create(name="fp1f0a_rose_k3v9xa", **facts)
    Database.objects.create(name="fp1f0a_rose_sons_and_dau_7m2k4p", label="Statistics of the shop", **facts)
    gone = Database.objects.create(name="fp1f0a_rose_9q8w7e", label="old shop", status="deleted", **facts)
    told = {"subject_id": gone.pk, "label": "gone", "until": now() + timedelta(days=7), "operation_id": 1}
    Kept.objects.create(server=site.server, kind="database", place=gone.name, **told)
    with patch("apps.operations.sending.ask", lambda question: questions.reply(question, machine)):
        yield first


def six_minutes_later() -> None:
    for session in Session.objects.all():
        held = session.get_decoded()
        held[PROVED] = int(time.time()) - LASTS - 60
        session.session_data = Session.objects.encode(held)
        session.save()


def test_a_sites_databases_are_listed_told_and_deleted(visitor: Visitor, database: Database) -> None:
    rose = database.site.owner
    assert rose is not None
    page = visitor.comes_in_as(rose).looks_at(f"{SITES}{database.site_id}/tab/databases/")
    visitor.photographs("databases")
    assert page.get_by_text("old shop · kept until").is_visible()
    visitor.is_content()
    six_minutes_later()
    page.get_by_role("link", name="Show password").first.click()
    visitor.photographs("database-reveal-asked")
    page.get_by_label("Your password").fill("wrong")
    page.get_by_role("button", name="Show password").click()
    assert "This password is not yours" in page.content()
    page.get_by_label("Your password").fill("rose's long password")
    page.get_by_role("button", name="Show password").click()
    page.get_by_text(PASSWORD).wait_for()
    visitor.photographs("database-reveal-told")
    visitor.is_content()
    visitor.looks_at(f"{SITES}{database.site_id}/act/database/{database.pk}/delete/")
    visitor.photographs("database-delete")
    visitor.is_content()
    page.get_by_label("Type fp1f0a_rose_k3v9xa to confirm").fill(database.name)
    page.get_by_role("button", name="Delete").click()
    page.wait_for_url(f"**{SITES}{database.site_id}/**")
    assert Operation.objects.get().flow == "database.delete"


def test_a_servers_key_has_a_page(visitor: Visitor, database: Database) -> None:
    rose = database.site.owner
    assert rose is not None
    page = visitor.comes_in_as(rose).looks_at(f"/admin/servers/server/{database.site.server_id}/change/")
    page.get_by_role("link", name="Give it a new one").click()
    visitor.photographs("server-key")
    visitor.is_content()
    page.get_by_role("button", name="Give it a new key").click()
    page.wait_for_url("**/operations/operation/**")
    assert Operation.objects.get().flow == "key.rotate"
