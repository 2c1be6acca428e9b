"""What the doors tell of a site that is suspended, in maintenance, or deleted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.management import load_command_class

from apps.audit.models import AuditRow
from apps.databases.models import Database
from apps.operations.doors.table import Noun
from apps.sites.models import Site
from tests.doors.samples import deleted, with_a_job, with_status
from tests.doors.staff import SITES, at_the_door, boss, site_page
from tests.make import a_client, a_site

pytestmark = [pytest.mark.backend, pytest.mark.django_db]
LINK = "https://rose.example.com/.frankenpanel/pass/token"


def test_the_maintenance_link_stands_on_a_page_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def told(*args: Any, **kwargs: Any) -> dict[str, str]:
        return {"link": LINK}

    monkeypatch.setattr("apps.operations.questions.ask", told)
    rose = boss("rose")
    site = a_site(rose)
    page = f"{SITES}{site.pk}/tab/maintenance/"
    assert at_the_door(rose).get(page).status_code == 404
    with_status(Site.Status.MAINTENANCE)(site)
    assert LINK in at_the_door(rose).get(page).content.decode()
    assert a_client(rose).post(f"/api/v1/sites/{site.pk}/reveal/").json() == {"link": LINK}
    assert AuditRow.objects.filter(action="site.reveal", subject_id=site.pk).count() == 2


def test_an_owner_reads_why_a_site_is_suspended() -> None:
    rose = boss("rose")
    site = a_site(rose, status="suspended", suspended_because="Invoice 17 is overdue")
    assert "Invoice 17 is overdue" in at_the_door(rose).get(site_page(site)).content.decode()
    assert a_client(rose).get(f"/api/v1/sites/{site.pk}/").json()["suspended_because"] == "Invoice 17 is overdue"


def test_a_deleted_site_is_listed_where_it_is_asked_for_and_says_until_when() -> None:
    rose = boss("rose")
    site = a_site(rose, "Gone Shop")
    host = site.hosts[0]
    deleted(site)
    client, door = a_client(rose), at_the_door(rose)
    assert client.get("/api/v1/sites/").json()["results"] == []
    found = client.get("/api/v1/sites/?status=deleted").json()["results"]
    assert [one["slug"] for one in found] == [site.slug]
    assert found[0]["kept_until"] > found[0]["kept_until"][:4]
    assert "Gone Shop" not in door.get(SITES).content.decode()
    assert "goes on" in door.get(f"{SITES}?status__exact=deleted").content.decode()
    page = door.get(site_page(site)).content.decode()
    for word in ("It can be taken back until", host, "Take back", "Remove for good"):
        assert word in page
    assert "Restart" not in page


@pytest.mark.parametrize("noun", ["site", "worker", "database", "cron"])
def test_what_a_deleted_site_has_is_listed_where_deleted_ones_are_asked_for(
    noun: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rose = boss("rose")
    client, sites = a_client(rose), [a_site(rose, name, database=True) for name in ("Gone Shop", "Open Shop")]
    for site in sites:
        with_a_job()(site)

    def listed(*status: str) -> list[int]:
        command: Any = load_command_class(f"apps.{noun}s" if noun != "cron" else "apps.cron", noun)
        assert command.main(noun, ["list", "--format", "json", *status]) == 0
        here = json.loads(capsys.readouterr().out)
        assert here == client.get(f"/api/v1/{noun}s/", {"status": status[1]} if status else {}).json()["results"]
        return [one["id"] for one in here]

    both = listed()
    deleted(sites[0])
    gone, there = listed("--status", "deleted"), listed()
    assert (len(gone), len(there), sorted(gone + there)) == (1, 1, sorted(both))
    assert client.get(f"/api/v1/{noun}s/{gone[0]}/").status_code == 200
    assert client.get(f"/api/v1/{noun}s/", {"status": "strange"}).status_code == 400


def test_a_deleted_database_of_an_open_site_is_deleted_as_well() -> None:
    rose = boss("rose")
    database = a_site(rose, database=True).databases.get()
    database.status = Database.Status.DELETED
    database.save()
    listed, every = Noun.REGISTERED["database"].listed, Database.objects.all()
    assert [list(listed(every, status)) for status in ("", "active", "deleted")] == [[], [], [database]]
