"""How much of the disk a site takes: its user's word, one site at a time, and never in the way of anything."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils.timezone import now

from apps.host import disk_usage as driver
from apps.host.disk_usage import disk_usage
from apps.host.errors import Unavailable
from apps.host.host import Host
from apps.operations import sending
from apps.sites.models import Site, Usage
from apps.sites.usage import measure, wake_when_due
from tests.make import a_client, a_site, a_user, an_operation

pytestmark = [pytest.mark.host, pytest.mark.django_db(transaction=True)]
MEGABYTE = 1 << 20


@pytest.fixture
def site(machine: Host) -> Iterator[Site]:
    site = a_site(a_user("rose"), slug="counted")
    owner = machine.users.create(machine.places.site_user(site.pk))
    machine.files.make_site(site.slug, owner)
    yield site
    machine.files.remove_site(site.slug, owner)
    machine.users.remove(owner.name)


def folder(host: Host, site: Site) -> Path:
    return host.places.site(site.slug)


def put(host: Host, site: Site, name: str, size: int) -> Path:
    path = folder(host, site) / "public" / name
    path.write_bytes(os.urandom(size))
    return path


def test_each_file_counts_once_and_no_link_is_followed(machine: Host, site: Site) -> None:
    assert measure(site.server, machine) == 1
    before = Usage.objects.get(site=site).bytes
    file = put(machine, site, "a", 3 * MEGABYTE)
    os.link(file, file.with_name("b"))
    (folder(machine, site) / "public" / "usr").symlink_to("/usr")
    locked = folder(machine, site) / "private" / "locked"
    locked.mkdir(0o700)
    Usage.objects.update(measured_at=now() - timedelta(days=1))
    assert measure(site.server, machine) == 1
    usage = Usage.objects.get(site=site)
    assert 3 * MEGABYTE <= usage.bytes - before < 4 * MEGABYTE
    assert a_client(a_user("boss", is_superuser=True)).get(f"/api/v1/sites/{site.pk}/").json()["disk"] == usage.bytes


def test_a_site_is_measured_again_when_its_time_has_come(machine: Host, site: Site) -> None:
    assert (measure(site.server, machine), measure(site.server, machine)) == (1, 0)


def test_a_site_that_cannot_be_measured_stops_no_other(machine: Host, site: Site) -> None:
    lost = a_site(slug="lost", name="Lost")
    assert measure(site.server, machine) == 1
    assert Usage.objects.get(site=lost).bytes == 0
    assert measure(site.server, machine) == 0


def test_counting_that_takes_too_long_is_given_up(
    machine: Host, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "LONGEST", -1.0)
    monkeypatch.setattr("apps.host.streams.PATIENCE", 0.0)
    owner = machine.users.identity(machine.places.site_user(site.pk))
    with pytest.raises(Unavailable, match="too many files"):
        disk_usage(folder(machine, site), owner)


def test_the_long_runner_is_asked_only_when_it_has_nothing_better_to_do(
    machine: Host, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[tuple[str, str]] = []
    monkeypatch.setattr(sending, "wake", lambda *asked: woken.append(asked))
    operation = an_operation(site, queue=f"server.{site.server}.long")
    wake_when_due(site.server, machine)
    assert woken == []
    operation.delete()
    wake_when_due(site.server, machine)
    assert woken == [("sites.measure_disk", f"server.{site.server}.long")]
    measure(site.server, machine)
    wake_when_due(site.server, machine)
    assert len(woken) == 1
