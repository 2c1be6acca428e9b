"""A lost site made anew, killed at every point, forward and back: it is there as it was, or nothing of it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apps.domains import serving
from apps.domains.models import Domain
from apps.host.host import Host
from apps.lifecycle.recovery import RECOVER, recover_site
from apps.sites.models import Site
from apps.workers.roster import worker_of
from tests.operations.crashing import killed_forward, killed_undoing
from tests.operations.inventory import Inventory
from tests.operations.test_crash import ask_for_a_site, before, drive, take_back, unsent
from tests.operations.test_crash_backup import ME, SAVED, database_of, forgotten, owner, saved, the
from tests.operations.test_crash_dumps import ToThePoint
from tests.parts import dumping

__all__ = ["before", "unsent"]
pytestmark = [pytest.mark.host, pytest.mark.backend, pytest.mark.django_db(transaction=True)]


def lost(host: Host, site: Site) -> None:
    """Nothing of it is on the machine but its backup, and the records say so."""
    site = Site.objects.select_related("server", "runtime").get(pk=site.pk)
    host.supervisor.stop(worker_of(site, host))
    Domain.objects.filter(site=site).update(served=False)
    serving.load(site.server, host, site.server.want_front())
    host.files.remove_runtime(site.pk)
    host.files.remove_site(site.slug, owner(host, site))
    host.mysql.drop(database_of(site).name)
    host.users.remove(host.places.site_user(site.pk))
    Site.objects.filter(pk=site.pk).update(status=Site.Status.CREATING, front=Site.Front.STARTING)


def saved_and_lost(host: Host, site: Site) -> None:
    saved(host, site)
    lost(host, site)


def is_back(host: Host, site: Site) -> None:
    site = Site.objects.get(pk=site.pk)
    assert (site.status, site.front) == ("active", "up")
    assert SAVED in (host.places.public(site.slug) / "page.php").read_text()
    assert {"log", "parents"} <= set(dumping.content(host.places.mysql_socket, database_of(site).name))
    assert list(site.domains.values_list("served", "loaded")) == [(True, True)]


LOOPS = {
    "recover": ToThePoint(
        RECOVER, lambda site: recover_site(ME, site, the(site), "active"), is_back, lost, ready=saved_and_lost
    )
}


@pytest.fixture
def site(machine: Host, before: Inventory) -> Iterator[Site]:
    operation = ask_for_a_site()
    drive(operation.pk, machine)
    yield Site.objects.get(pk=operation.subject_id)
    machine.users.create(machine.places.site_user(operation.subject_id))
    forgotten(machine, Site.objects.get(pk=operation.subject_id))
    take_back(operation.pk, machine)


def test_killed_at_any_point_it_is_back_afterwards(machine: Host, site: Site) -> None:
    killed_forward(LOOPS["recover"], machine, site)


def test_killed_on_the_way_back_nothing_of_it_is_left(machine: Host, site: Site) -> None:
    killed_undoing(LOOPS["recover"], machine, site)


@pytest.mark.parametrize("status", ["suspended", "maintenance"])
def test_what_did_not_run_does_not_run_afterwards(status: str, machine: Host, site: Site) -> None:
    saved_and_lost(machine, site)
    operation = recover_site(ME, Site.objects.get(pk=site.pk), the(site), status)
    drive(operation.pk, machine)
    operation.refresh_from_db()
    assert operation.status == "done", operation.error
    found = Site.objects.get(pk=site.pk)
    assert (found.status, machine.supervisor.status(worker_of(found, machine)).running) == (
        status,
        status == "maintenance",
    )
    assert SAVED in (machine.places.public(site.slug) / "page.php").read_text()
