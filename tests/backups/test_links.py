"""Links to archives: for an hour, for one backup, for as long as whoever asked may have it; each written down."""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.test import Client

from apps.audit.models import AuditRow
from apps.backups.models import Backup
from apps.host.archive.archives import Archives
from apps.operations import questions
from tests.doors.staff import boss
from tests.make import a_client, a_site, a_user

pytestmark = pytest.mark.django_db
CONTENT = b"age-encryption.org/v1 and what is locked"
HOUR = 3600


@pytest.fixture
def backup() -> Iterator[Backup]:
    """One whose archive is there, and a runner that answers at once."""
    site = a_site(boss("rose"))
    facts: dict[str, Any] = {"server": site.server, "site": site, "slug": site.slug, "kind": site.kind}
    made = Backup.objects.create(**facts, file=f"{site.slug}-1.tar.gz.age", status="completed", bytes=len(CONTENT))
    folder = settings.PLACES.backups(site.slug)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / made.file).write_bytes(CONTENT)
    machine: Any = SimpleNamespace(archives=Archives(settings.PLACES))
    with patch("apps.operations.sending.ask", lambda question: questions.reply(question, machine)):
        yield made
    (folder / made.file).unlink(missing_ok=True)


def link_to(backup: Backup, user: User | None = None) -> str:
    client = a_client(user or User.objects.get(username="rose"), "backup:download")
    answer = client.post(f"/api/v1/backups/{backup.pk}/export/", {}, format="json")
    assert answer.status_code == 200, answer.json()
    assert answer["Cache-Control"] == "no-store"
    return str(answer.json()["link"]).partition(settings.PANEL_HOST)[2].partition("/")[2]


def fetched(path: str) -> Any:
    return Client().get(f"/{path}")


def rows() -> list[tuple[str, str, str, str]]:
    return list(AuditRow.objects.order_by("pk").values_list("name", "door", "action", "outcome"))


def test_whoever_has_it_gets_the_archive_as_it_lies_there(backup: Backup) -> None:
    answer = fetched(link_to(backup))
    assert b"".join(answer.streaming_content) == CONTENT
    assert answer["Content-Disposition"] == f'attachment; filename="{backup.file}"'
    assert answer["Content-Length"] == str(len(CONTENT))
    made, used = ("rose", "api", "backup.export", "accepted"), ("rose", "link", "backup.download", "accepted")
    assert rows() == [made, used]


def test_after_an_hour_it_opens_nothing(backup: Backup, monkeypatch: pytest.MonkeyPatch) -> None:
    path, began = link_to(backup), time.time()
    monkeypatch.setattr("django.core.signing.time.time", lambda: began + HOUR - 5)
    assert fetched(path).status_code == 200
    monkeypatch.setattr("django.core.signing.time.time", lambda: began + HOUR + 5)
    answer = fetched(path)
    assert (answer.status_code, "ask for a new one" in answer.content.decode()) == (403, True)


def test_one_that_was_changed_opens_nothing(backup: Backup) -> None:
    path = link_to(backup)
    token = path.split("/")[1]
    for at in (0, len(token) // 2, len(token) - 1):
        other = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        assert fetched(path.replace(token, other)).status_code == 403
    forged = signing.dumps([backup.pk, None], salt="another")
    assert fetched(f"download/{forged}/").status_code == 403


def test_it_opens_as_long_as_its_maker_may_have_the_archive(backup: Backup) -> None:
    path = link_to(backup)
    User.objects.filter(username="rose").update(is_active=False)
    answer = fetched(path)
    assert answer.status_code == 403
    assert CONTENT not in answer.content


def test_one_to_a_backup_that_was_removed_says_so(backup: Backup) -> None:
    path = link_to(backup)
    Backup.objects.update(removed_at=backup.created_at)
    answer = fetched(path)
    assert (answer.status_code, "is not there any more" in answer.content.decode()) == (409, True)


def test_42_nobody_is_given_one_to_another_s_backup(backup: Backup) -> None:
    eve = a_client(a_user("eve"), "backup:download")
    assert eve.post(f"/api/v1/backups/{backup.pk}/export/", {}, format="json").status_code == 404
    rose = a_client(User.objects.get(username="rose"), "backup:read")
    assert rose.post(f"/api/v1/backups/{backup.pk}/export/", {}, format="json").status_code == 403


def test_only_get_is_answered(backup: Backup) -> None:
    assert Client().post(f"/{link_to(backup)}").status_code == 405
