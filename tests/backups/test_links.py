"""Links to archives: for an hour, for one backup, for as long as whoever asked may have it; each written down."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
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
from tests.doors.test_admin_pages import _plain_http, address
from tests.make import a_client, a_site, a_user

__all__ = ["_plain_http", "address"]
pytestmark = pytest.mark.django_db
CONTENT = b"age-encryption.org/v1 and what is locked"
MARK = f'"{sha256(CONTENT).hexdigest()}"'
SIZE = len(CONTENT)
HOUR = 3600


@pytest.fixture
def backup() -> Iterator[Backup]:
    """One whose archive is there, and a runner that answers at once."""
    site = a_site(boss("rose"))
    facts: dict[str, Any] = {"server": site.server, "site": site, "slug": site.slug, "kind": site.kind}
    facts |= {"status": "completed", "bytes": SIZE, "sha256": MARK.strip('"')}
    made = Backup.objects.create(**facts, file=f"{site.slug}-1.tar.gz.age")
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


def fetched(path: str, **headers: str) -> Any:
    return Client().get(f"/{path}", headers=headers)


def rows() -> list[tuple[str, str, str, str]]:
    return list(AuditRow.objects.order_by("pk").values_list("name", "door", "action", "outcome"))


def test_whoever_has_it_gets_the_archive_as_it_lies_there(backup: Backup) -> None:
    answer = fetched(link_to(backup))
    assert b"".join(answer.streaming_content) == CONTENT
    assert answer["Content-Disposition"] == f'attachment; filename="{backup.file}"'
    assert answer["Content-Length"] == str(SIZE)
    assert (answer["ETag"], answer["Accept-Ranges"]) == (MARK, "bytes")
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


def part(answer: Any) -> tuple[int, str, bytes]:
    assert answer.streaming, answer.content
    content = b"".join(answer.streaming_content)
    assert answer["Content-Length"] == str(len(content))
    return answer.status_code, answer.get("Content-Range", ""), content


@pytest.mark.parametrize(
    ("wanted", "told", "content"),
    [
        ("bytes=7-", f"bytes 7-{SIZE - 1}/{SIZE}", CONTENT[7:]),
        ("bytes=7-9", f"bytes 7-9/{SIZE}", CONTENT[7:10]),
        ("bytes=0-0", f"bytes 0-0/{SIZE}", CONTENT[:1]),
        ("bytes=7-999999999999999999", f"bytes 7-{SIZE - 1}/{SIZE}", CONTENT[7:]),
        ("bytes=-5", f"bytes {SIZE - 5}-{SIZE - 1}/{SIZE}", CONTENT[-5:]),
        ("bytes=-999", f"bytes 0-{SIZE - 1}/{SIZE}", CONTENT),
        ("Bytes= 7-9 ", f"bytes 7-9/{SIZE}", CONTENT[7:10]),
    ],
)
def test_a_part_of_it_is_given(backup: Backup, wanted: str, told: str, content: bytes) -> None:
    path = link_to(backup)
    assert part(fetched(path, Range=wanted)) == (206, told, content)
    assert part(fetched(path, Range=wanted, If_Range=MARK)) == (206, told, content)
    assert rows()[-1] == ("rose", "link", "backup.download", "accepted")


@pytest.mark.parametrize(
    "wanted",
    [
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=9-7",
        "bytes=0-1,3-4",
        "bytes=" + ",".join(["0-"] * 2000),
        "bytes=-1-",
        "bytes=+1-",
        "bytes=1_0-",
        "bytes=0x1-",
        "bytes=1e3-",
        "bytes=\u0661-",
        "bytes=\u00b2-",
        "bytes=" + "9" * 8000 + "-",
        "bytes=-" + "9" * 8000,
        "bytes=1-2\n",
        "items=1-2",
        "bytes: 1-2",
    ],
)
def test_whatever_asks_for_something_else_is_given_all_of_it(backup: Backup, wanted: str) -> None:
    assert part(fetched(link_to(backup), Range=wanted)) == (200, "", CONTENT)


@pytest.mark.parametrize("of", ['"another"', f"W/{MARK}", MARK.strip('"'), "Wed, 26 Nov 2036 00:00:00 GMT", "*", ""])
def test_nobody_goes_on_with_another_file_s_beginning(backup: Backup, of: str) -> None:
    assert part(fetched(link_to(backup), Range="bytes=7-", If_Range=of)) == (200, "", CONTENT)


@pytest.mark.parametrize(
    "wanted", [f"bytes={SIZE}-", f"bytes={SIZE}-{SIZE + 9}", "bytes=999999999999999999-", "bytes=-0"]
)
def test_what_lies_behind_its_end_is_said_to(backup: Backup, wanted: str) -> None:
    answer = fetched(link_to(backup), Range=wanted)
    assert (answer.status_code, answer["Content-Range"], answer.content) == (416, f"bytes */{SIZE}", b"")
    assert rows()[-1][2] == "backup.export"


def test_who_has_another_one_or_this_one_is_told_so(backup: Backup) -> None:
    path = link_to(backup)
    assert part(fetched(path, Range="bytes=7-", If_Match=MARK))[0] == 206
    assert fetched(path, Range="bytes=7-", If_Match='"another"').status_code == 412
    assert fetched(path, If_None_Match=MARK).status_code == 304


def test_its_size_is_told_without_it(backup: Backup) -> None:
    answer: Any = Client().head(f"/{link_to(backup)}", headers={"Range": "bytes=7-"})
    assert (answer.status_code, answer["Content-Length"], answer["ETag"]) == (200, str(SIZE), MARK)
    assert (answer.streaming, rows()[-1][2]) == (False, "backup.export")


def test_a_part_comes_in_pieces_too(backup: Backup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.backups.downloads.PIECE", 3)
    assert part(fetched(link_to(backup), Range="bytes=2-11")) == (206, f"bytes 2-11/{SIZE}", CONTENT[2:12])


def test_parts_are_given_to_who_signs_in_too(backup: Backup) -> None:
    rose = a_client(User.objects.get(username="rose"), "backup:download")
    answer = rose.get(f"/api/v1/backups/{backup.pk}/archive/", HTTP_RANGE="bytes=7-")
    assert part(answer) == (206, f"bytes 7-{SIZE - 1}/{SIZE}", CONTENT[7:])
    eve = a_client(a_user("eve"), "backup:download")
    for wanted in ("bytes=7-", f"bytes={SIZE}-"):
        assert eve.get(f"/api/v1/backups/{backup.pk}/archive/", HTTP_RANGE=wanted).status_code == 404


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("there", [0, 7, SIZE])
@pytest.mark.parametrize(
    "program",
    [["curl", "-sC", "-", "-o"], ["wget", "-q", "--continue", "--output-document"]],
    ids=["curl", "wget"],
)
def test_a_download_that_broke_off_goes_on(
    backup: Backup, address: str, tmp_path: Path, program: list[str], there: int
) -> None:
    file = tmp_path / "archive"
    file.write_bytes(CONTENT[:there])
    path = link_to(backup)
    subprocess.run([*program, file, f"{address}/{path}"], check=True, timeout=20)
    assert file.read_bytes() == CONTENT


def test_only_get_is_answered(backup: Backup) -> None:
    assert Client().post(f"/{link_to(backup)}").status_code == 405
