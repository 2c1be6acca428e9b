"""What needs a hand becomes one event until it is over or another, and is told to whom it concerns."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils.timezone import now

from apps.domains.models import Certificate
from apps.notices.models import Delivery, Event, Notice
from apps.notices.watching import QUIET, WATCHES, forget_old, look_around
from apps.operations.models import Operation
from apps.servers.models import Server
from apps.sites.models import Site
from apps.workers.models import WorkerState
from tests.make import a_server, a_site, an_operation

OURS = {kind for kind in WATCHES if not kind.startswith("backup.")}
pytestmark = [pytest.mark.backend, pytest.mark.django_db]


def somebody(site: Site | None = None, server: Server | None = None, **facts: Any) -> Notice:
    number = Notice.objects.count()
    words = {"name": f"x.{number}", "kind": "email", "to": f"a{number}@example.com", "active": True, **facts}
    return Notice.objects.create(site=site, server=server or a_server(), **words)


def fault(site: Site, text: str) -> None:
    Site.objects.filter(pk=site.pk).update(front_fault=text)


def told(notice: Notice) -> list[str]:
    return [one.event.kind for one in notice.deliveries.order_by("id")]


def in_trouble(site: Site) -> None:
    """In every way that is watched for, save those of other servers' sites."""
    fault(site, "Caddy says: unknown directive")
    WorkerState.objects.update_or_create(site=site, defaults={"given_up_at": now()})
    Certificate.objects.update_or_create(
        domain=site.domains.get(), defaults={"state": "failed", "error": "no such\nhost"}
    )
    site.domains.update(served=True)
    an_operation(site, status=Operation.Status.STUCK, error="A folder could not be removed.")


def test_each_kind_is_found_once_with_its_reason() -> None:
    site, notice = a_site(), somebody()
    in_trouble(site)
    found = {event.kind: event.text for event in look_around(site.server)}
    assert set(found) == OURS
    assert found["front.left-out"].endswith("Caddy says: unknown directive")
    assert found["worker.down"] == f"The worker of {site.slug} died too often and stays down until somebody starts it."
    assert "no such host" in found["certificate.failed"]
    assert found["operation.stuck"].endswith("is stuck. A folder could not be removed.")
    assert {event.site_id for event in Event.objects.all()} == {site.pk}
    assert set(told(notice)) == OURS
    assert look_around(site.server) == []
    assert notice.deliveries.count() == len(OURS)


def test_it_takes_so_many_queries_however_much_there_is(django_assert_max_num_queries: Any) -> None:
    for _ in range(8):
        in_trouble(a_site())
    for _ in range(3):
        somebody()
    server = a_server()
    with django_assert_max_num_queries(20):
        assert len(look_around(server)) == 8 * len(OURS)
    with django_assert_max_num_queries(16):
        assert look_around(server) == []


def test_what_becomes_another_is_told_again_and_what_is_over_is_closed() -> None:
    site, notice = a_site(), somebody()
    fault(site, "the first")
    look_around(site.server)
    fault(site, "the second")
    assert len(look_around(site.server)) == 1
    assert told(notice) == ["front.left-out"] * 2
    fault(site, "")
    assert look_around(site.server) == []
    assert not Event.objects.filter(closed_at=None).exists()


def test_what_comes_and_goes_is_told_once_an_hour() -> None:
    site, notice = a_site(), somebody()
    for _ in range(5):
        fault(site, "now and then")
        look_around(site.server)
        fault(site, "")
        look_around(site.server)
    assert told(notice) == ["front.left-out"]
    Event.objects.update(raised_at=now() - QUIET - timedelta(seconds=1))
    fault(site, "now and then")
    look_around(site.server)
    assert told(notice) == ["front.left-out"] * 2


def test_a_site_s_is_told_of_that_site_alone_and_one_that_is_not_active_of_nothing() -> None:
    site, other = a_site(), a_site(name="Other")
    of_all, of_it, of_other, resting = somebody(), somebody(site), somebody(other), somebody(active=False)
    elsewhere = somebody(server=Server.objects.create(name="elsewhere"))
    fault(site, "x")
    an_operation(site, subject_kind="server", subject_id=site.server.pk, params={}, status=Operation.Status.STUCK)
    look_around(site.server)
    assert sorted(told(of_all)) == ["front.left-out", "operation.stuck"]
    assert told(of_it) == ["front.left-out"]
    assert told(of_other) == told(resting) == told(elsewhere) == []


def test_another_server_s_is_not_looked_at() -> None:
    site = a_site()
    in_trouble(site)
    assert look_around(Server.objects.create(name="elsewhere")) == []


def test_a_site_that_is_deleted_needs_no_hand_and_its_events_leave_with_it() -> None:
    site = a_site()
    in_trouble(site)
    Operation.objects.all().delete()
    look_around(site.server)
    Site.objects.filter(pk=site.pk).update(status=Site.Status.DELETED)
    site.domains.update(served=False)
    look_around(site.server)
    assert not Event.objects.filter(closed_at=None).exists()


def test_what_is_long_over_is_forgotten() -> None:
    site, notice = a_site(), somebody()
    fault(site, "x")
    look_around(site.server)
    Event.objects.update(closed_at=now() - timedelta(days=29))
    forget_old()
    assert notice.deliveries.count() == 1
    Event.objects.update(closed_at=now() - timedelta(days=31))
    forget_old()
    assert not Delivery.objects.exists()


def test_one_that_is_told_later_hears_of_what_is_new_then() -> None:
    site = a_site()
    fault(site, "x")
    look_around(site.server)
    notice = somebody()
    look_around(site.server)
    assert told(notice) == []
