"""Another primary domain whose address takes the old one's place in the site's database, with a plan that counts."""

from __future__ import annotations

from collections.abc import Iterator
from unittest.mock import patch

import pytest
from django.conf import settings

from apps.domains.models import Domain
from apps.host.host import Host
from apps.lifecycle.domain import add_domain, update_domain
from apps.operations import questions
from apps.operations.asking import Ask
from apps.operations.models import Operation
from apps.operations.refusals import Invalid
from apps.sites.models import Site
from tests.lifecycle.creation import clear
from tests.lifecycle.driving import ask, drive
from tests.make import a_site
from tests.operations.test_crash_rewriting import asked

pytestmark = [pytest.mark.host, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("unsent")]
ME = Ask(user=None, door="test")


@pytest.fixture
def site(machine: Host) -> Iterator[Site]:
    operation = drive(ask("Words"), machine)
    site = Site.objects.get(pk=operation.subject_id)
    drive(add_domain(ME, site, host="other.localhost"), machine)
    old = f"https://words.localhost:{settings.HTTPS_PORT}"
    asked(machine, site, "CREATE TABLE words (id INT AUTO_INCREMENT PRIMARY KEY, word TEXT)")
    asked(machine, site, "INSERT INTO words (word) VALUES (%s), (%s), (%s)", old, f'a:1:{{i:0;s:9:"{old}";}}', "none")
    yield site
    clear(machine)


def words(host: Host, site: Site) -> list[str]:
    return [word for (word,) in asked(host, site, "SELECT word FROM words ORDER BY id")]


def other() -> Domain:
    return Domain.objects.select_related("site__server").get(host="other.localhost")


def test_the_plan_says_how_many_places_and_the_texts_have_the_new_address_afterwards(machine: Host, site: Site) -> None:
    before = words(machine, site)
    with patch("apps.operations.sending.ask", lambda question: questions.reply(question, machine)):
        plan = update_domain.plan(ME, other(), primary=True, rewrite=True)
    step = next(step for step in plan.steps if step.key == "addresses")
    assert step.sentence.startswith(f"Change https://words.localhost:{settings.HTTPS_PORT} to https://other.localhost:")
    assert "1 places in 1 tables; 1 left alone (words 1). 1 left alone: words: A serialized value" in step.sentence
    assert words(machine, site) == before
    operation = drive(update_domain(ME, other(), primary=True, rewrite=True), machine)
    assert operation.status == "done", operation.error
    assert operation.lines.get(key="addresses").memo["note"] == "1 places in 1 tables; 1 left alone"
    assert words(machine, site) == [f"https://other.localhost:{settings.HTTPS_PORT}", *before[1:]]
    assert asked(machine, site, "SHOW TABLES") == (("words",),)
    again = drive(update_domain(ME, other(), rewrite=True), machine)
    assert (again.status, words(machine, site)[1:]) == ("done", before[1:])


def test_without_the_wish_the_texts_stay(machine: Host, site: Site) -> None:
    before = words(machine, site)
    plan = update_domain.plan(ME, other(), primary=True)
    assert "Addresses in the site's database stay as they are" in [step.sentence for step in plan.steps]
    drive(update_domain(ME, other(), primary=True), machine)
    assert words(machine, site) == before


def test_a_plan_without_a_runner_says_so(machine: Host, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.operations.planning.PATIENCE", 0.1)
    monkeypatch.setattr("apps.operations.sending.ask", lambda question: None)
    plan = update_domain.plan(ME, other(), primary=True, rewrite=True)
    told = next(step.sentence for step in plan.steps if step.key == "addresses")
    assert "how much that is cannot be said: No runner of local answers." in told


def test_what_makes_no_sense_is_refused_with_a_sentence(machine: Host) -> None:
    bare, site = a_site(name="Bare"), a_site(name="Full", database=True)
    second = Domain.objects.create(site=site, host="full.localhost")
    lone, first = bare.domains.get(), site.domains.get(primary=True)
    for domain, reason in ((lone, "has no database"), (second, "is not the primary domain")):
        with pytest.raises(Invalid, match=reason):
            update_domain(ME, domain, rewrite=True)
    second.delete()
    with pytest.raises(Invalid, match="is the site's only name"):
        update_domain(ME, first, rewrite=True)
    assert not Operation.objects.exists()
    Domain.objects.all().delete()
    site.databases.all().delete()
    Site.objects.all().delete()
