"""A site's page, and every tab of it, costs the same with a thousand other sites as with none."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.cron.models import Cron
from apps.databases.models import Database
from apps.domains.models import Certificate, Domain
from apps.operations.doors.table import Noun
from apps.sites.models import Site
from apps.sites.tabs import tabs_of
from tests.doors.staff import HOME, OPERATIONS, SITES, at_the_door, boss, site_page
from tests.make import a_client, a_site, an_operation

pytestmark = [pytest.mark.backend, pytest.mark.django_db]
MANY = 1000


def a_thousand_more(like: Site) -> None:
    """Each with two domains, a certificate and a database."""
    facts = {"kind": "custom", "status": Site.Status.ACTIVE, "server": like.server, "runtime": like.runtime}
    sites = Site.objects.bulk_create(Site(name=f"S{n}", slug=f"s-{n}", port=20000 + n, **facts) for n in range(MANY))
    names = [(site, f"{part}{site.slug}.example.com", not part) for site in sites for part in ("", "www.")]
    domains = Domain.objects.bulk_create(Domain(site=site, host=host, primary=first) for site, host, first in names)
    Certificate.objects.bulk_create(Certificate(domain=domain) for domain in domains)
    Database.objects.bulk_create(Database(site=site, name=f"fp_{site.slug}") for site in sites)
    for other in sites[:100]:
        a_job(other)
        an_operation(other, status="done")


def a_job(site: Site) -> Cron:
    return Cron.objects.create(site=site, name=f"{site.slug}.1", schedule="@daily", command="GET /tick")


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(address)
    assert answer.status_code == 200, address
    return len(captured)


def pages_of(site: Site) -> list[str]:
    return [site_page(site), *(f"{SITES}{site.pk}/tab/{tab.key}/" for tab in tabs_of(site))]


def test_the_number_of_queries_is_flat() -> None:
    rose: User = boss("rose")
    site = a_site(rose, "Rose", database=True)
    Certificate.objects.create(domain=site.domains.get())
    an_operation(site, rose, status="done")
    browser, script = at_the_door(rose), a_client(rose)
    shapes = [f"/api/v1/sites/{site.pk}/", f"/api/v1/domains/{site.domains.get().pk}/"]
    asked = [(browser, page) for page in pages_of(site)] + [(script, shape) for shape in shapes]
    for client, address in asked[::-1]:
        client.get(address)  # what is fetched once in a process
    few = [queries(client, address) for client, address in asked]
    a_thousand_more(site)
    many = {address: queries(client, address) for client, address in asked}
    assert list(many.values()) == few
    assert max(many.values()) <= 25, many


@pytest.mark.parametrize("noun", Noun.REGISTERED)
def test_a_list_of_any_noun_costs_the_same_whatever_its_length(noun: str) -> None:
    rose = boss("rose")
    script, site = a_client(rose), a_site(rose, "Rose", database=True)
    a_job(site)
    address = f"/api/v1/{noun}s/"
    script.get(address)
    few = queries(script, address)
    a_thousand_more(site)
    assert queries(script, address) == few


@pytest.mark.parametrize("address", [SITES, HOME, OPERATIONS])
def test_a_list_of_the_admin_costs_the_same_whatever_its_length(address: str) -> None:
    rose = boss("rose")
    browser, site = at_the_door(rose), a_site(rose, "Rose", database=True)
    an_operation(site, rose, status="done")
    browser.get(address)
    few = queries(browser, address)
    a_thousand_more(site)
    assert queries(browser, address) == few
