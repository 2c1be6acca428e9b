"""What is asked of domains and refused: at the door, with a sentence, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User

from apps.domains.models import Certificate, Domain, Pair
from apps.domains.wishes import Wishes
from apps.lifecycle.domain import add_domain, remove_domain, update_domain, verify_domain
from apps.operations.asking import Ask
from apps.operations.envelope import Envelope
from apps.operations.models import Hold, Operation
from apps.operations.refusals import Forbidden, Invalid, Missing, Refusal, Taken, WrongState
from apps.sites.models import Site
from tests.make import a_client, a_server, a_site, a_user
from tests.parts.hostile import HOSTILE, SPELLINGS
from tests.parts.pairs import a_pair

pytestmark = [pytest.mark.backend, pytest.mark.django_db]


def as_(user: User | None, *, queue: bool = False) -> Ask:
    return Ask(user=user, door="test", or_wait=queue)


@pytest.fixture
def ana() -> User:
    return a_user("ana")


@pytest.fixture
def shop(ana: User) -> Site:
    return a_site(ana, "Shop", "a.example.com")


def second(site: Site, host: str = "www.a.example.com", **facts: Any) -> Domain:
    return Domain.objects.create(site=site, host=host, **facts)


def is_refused(error: type[Refusal], ask: Callable[[], object], *words: str, field: str = "") -> None:
    before = list(Domain.objects.values()), Pair.objects.count(), Operation.objects.count(), Hold.objects.count()
    with pytest.raises(error) as refused:
        ask()
    told = str(refused.value)
    assert told.endswith(".") and all(word in told for word in words), told
    assert getattr(refused.value, "field", "") == field
    after = list(Domain.objects.values()), Pair.objects.count(), Operation.objects.count(), Hold.objects.count()
    assert after == before


# Addition


@pytest.mark.parametrize("text", HOSTILE)
def test_1_3_5_a_hostile_name_is_refused_at_the_door(text: str, ana: User, shop: Site) -> None:
    is_refused(Invalid, lambda: add_domain(as_(ana), shop, host=text), field="host")


@pytest.mark.parametrize(
    "name",
    [
        *("localhost", "127.0.0.1", "192.0.2.2", "::1", "[::1]", "0x7f.1", "x.internal", "a.localdomain"),
        *(settings.PANEL_HOST, settings.PANEL_HOST.upper(), f"{settings.PANEL_HOST}.", f"x.{settings.PANEL_HOST}"),
    ],
)
def test_6_nobody_gets_the_panels_name_one_below_it_or_a_machines_own(name: str, ana: User, shop: Site) -> None:
    is_refused(Invalid, lambda: add_domain(as_(ana), shop, host=name), field="host")


@pytest.mark.parametrize(("spelling", "name"), SPELLINGS.items())
def test_7_a_name_is_taken_in_every_spelling_for_everybody(spelling: str, name: str, ana: User, shop: Site) -> None:
    second(shop, name)
    for who in (ana, a_user("ben"), a_user("stan", is_staff=True, is_superuser=True), None):
        site = shop if who in (ana, None) else a_site(who, f"Of {who}")
        is_refused(Taken, partial(add_domain, as_(who), site, host=spelling), name, field="host")


@pytest.mark.parametrize("host", ["www.a.example.com", "x.y.a.example.com", "example.com"])
def test_7_a_name_below_or_above_somebody_elses_is_for_the_hosts_staff_to_give(host: str, shop: Site) -> None:
    ben, stan = a_user("ben"), a_user("stan", is_staff=True, is_superuser=True)
    theirs = a_site(ben, "Theirs", "ben.example.net")
    told = "above" if host == "example.com" else "below"
    is_refused(Taken, lambda: add_domain(as_(ben), theirs, host=host), told, "somebody else's", field="host")
    assert add_domain(as_(stan), theirs, host=host)


@pytest.mark.parametrize("host", ["www.a.example.com", "example.com"])
def test_7_an_owner_may_have_names_below_and_above_his_own(host: str, ana: User, shop: Site) -> None:
    assert add_domain(as_(ana), a_site(ana, "Blog", "blog.example.org"), host=host)


def test_7_whose_site_it_becomes_counts_and_not_who_asks(ana: User, shop: Site) -> None:
    """Ben may change a domain of Ana's site; that gives his own site no right to her names."""
    theirs = a_site(None, "Nobody's", "nobody.example.net")
    ana.user_permissions.set([])
    is_refused(Forbidden, lambda: add_domain(as_(ana), theirs, host="x.a.example.com"))


def test_the_first_name_of_a_site_that_has_none_is_its_primary_one(ana: User, shop: Site) -> None:
    shop.domains.all().delete()
    is_refused(Invalid, lambda: add_domain(as_(ana), shop, host="b.example.com", redirects=True), field="redirects")
    add_domain(as_(ana), shop, host="b.example.com")
    assert Domain.objects.get(site=shop).primary


def test_a_name_that_waits_in_line_is_taken_from_then_on(ana: User, shop: Site) -> None:
    add_domain(as_(ana), shop, host="b.example.com")
    waiting = add_domain(as_(ana, queue=True), shop, host="c.example.com")
    assert (waiting.status, Domain.objects.get(host="c.example.com").served) == ("waiting", False)
    is_refused(Taken, lambda: add_domain(as_(ana), shop, host="c.example.com"), field="host")


@pytest.mark.parametrize("status", [Site.Status.CREATING, Site.Status.DELETING, Site.Status.DELETED])
def test_a_site_that_comes_or_goes_keeps_the_domains_that_it_has(status: Site.Status, ana: User, shop: Site) -> None:
    www = second(shop)
    Site.objects.filter(pk=shop.pk).update(status=status)
    is_refused(WrongState, lambda: add_domain(as_(ana), shop, host="b.example.com"), status.label.lower())
    is_refused(WrongState, lambda: update_domain(as_(ana), www, redirects=True), status.label.lower())
    is_refused(WrongState, lambda: remove_domain(as_(ana), www), status.label.lower())


def test_whoever_may_only_look_changes_no_domain(shop: Site) -> None:
    eve, www = a_user("eve"), second(shop)
    for ask in (
        lambda: add_domain(as_(eve), shop, host="b.example.com"),
        lambda: update_domain(as_(eve), www, redirects=True),
        lambda: remove_domain(as_(eve), www),
        lambda: verify_domain(as_(eve), www),
    ):
        is_refused(Forbidden, ask)


# Update


def test_a_site_has_one_primary_domain_at_any_time(ana: User, shop: Site) -> None:
    first = shop.domains.get()
    is_refused(Invalid, lambda: update_domain(as_(ana), first, primary=False), field="primary")
    is_refused(Invalid, lambda: update_domain(as_(ana), first, redirects=True), field="redirects")
    www = second(shop)
    is_refused(Invalid, lambda: update_domain(as_(ana), www, primary=True, redirects=True), field="redirects")


def test_what_is_so_already_is_said_to_be(ana: User, shop: Site) -> None:
    first = shop.domains.get()
    is_refused(WrongState, lambda: update_domain(as_(ana), first, primary=True), "already")
    is_refused(WrongState, lambda: update_domain(as_(ana), first), "already")
    is_refused(WrongState, lambda: update_domain(as_(ana), first, tls="internal", path_redirects=""), "already")


def test_a_way_of_tls_that_cannot_be_is_refused(ana: User, shop: Site) -> None:
    first = shop.domains.get()
    is_refused(Invalid, lambda: update_domain(as_(ana), first, tls="none"), "internal, managed, custom", field="tls")
    is_refused(Invalid, lambda: update_domain(as_(ana), first, tls="managed"), "public authority", field="tls")
    is_refused(Invalid, lambda: update_domain(as_(ana), first, tls="custom"), "give both", field="certificate")


def test_a_bad_pair_never_becomes_a_record(ana: User, shop: Site) -> None:
    first = shop.domains.get()
    chain, key = a_pair("other.example.com")
    wrong: Wishes = {"certificate": chain, "private_key": key}
    is_refused(Invalid, lambda: update_domain(as_(ana), first, **wrong), "other.example.com", field="certificate")
    is_refused(Invalid, lambda: update_domain(as_(ana), first, certificate=chain), field="private_key")
    is_refused(Invalid, lambda: update_domain(as_(ana), first, private_key=key), field="certificate")


def test_35_a_key_is_sealed_for_the_server_before_it_is_written_anywhere(ana: User, shop: Site) -> None:
    first = shop.domains.get()
    chain, key = a_pair(first.host)
    pair: Wishes = {"certificate": chain, "private_key": key}
    is_refused(Missing, lambda: update_domain(as_(ana), first, **pair), "./panel up")
    box = Envelope()
    server = a_server()
    server.letterbox = box.address
    server.save()
    operation = update_domain(as_(ana), Domain.objects.get(pk=first.pk), **pair)
    kept = Pair.objects.get()
    secret = "".join(key.splitlines()[1:-1])
    written = (
        f"{operation.params} {operation.request_digest} {list(Pair.objects.values())} {list(Domain.objects.values())}"
    )
    assert "PRIVATE" not in written
    assert not any(line in written for line in key.splitlines()[1:-1])
    assert box.open(kept.sealed_key) == key
    assert secret in "".join(box.open(kept.sealed_key).splitlines())


# Removal


def test_the_primary_domain_goes_only_where_another_one_follows_it(ana: User, shop: Site) -> None:
    first, www = shop.domains.get(), second(shop)
    is_refused(Invalid, lambda: remove_domain(as_(ana), first), www.host, field="primary")
    is_refused(Invalid, lambda: remove_domain(as_(ana), first, primary="b.example.com"), www.host, field="primary")
    is_refused(Invalid, lambda: remove_domain(as_(ana), www, primary=first.host), field="primary")
    assert remove_domain(as_(ana), first, primary=www.host).params["heir_id"] == www.pk


def test_the_last_domain_goes_only_where_it_is_said_to_be_the_last(ana: User, shop: Site) -> None:
    first = shop.domains.get()
    is_refused(Invalid, lambda: remove_domain(as_(ana), first), "last domain", field="last")
    second(shop, removing=True)  # one that goes is none that stays
    is_refused(Invalid, lambda: remove_domain(as_(ana), first), "last domain", field="last")
    assert remove_domain(as_(ana), first, last=True)


def test_a_domain_that_is_not_there_is_404_for_whoever_may_not_see_it_too(shop: Site) -> None:
    www, eve = second(shop), a_client(a_user("eve"))
    for pk in (www.pk, 999_999):
        for address in (f"/api/v1/domains/{pk}/", f"/api/v1/domains/{pk}/delete/", f"/api/v1/domains/{pk}/verify/"):
            assert eve.post(address, {}, format="json").status_code in (404, 405)
        assert eve.get(f"/api/v1/domains/{pk}/").status_code == 404
    assert Domain.objects.filter(pk=www.pk).exists()
    assert not Certificate.objects.filter(domain=www).exists()
