"""A site deleted and taken back, killed at every point, forward and back; and purged, killed at every point.

Security row 48: a deletion that is half done is retried to its end, other sites stay, and no name of it is served.
"""

from __future__ import annotations

import signal

import pytest

from apps.domains.models import Domain
from apps.host.caddy import routes
from apps.host.host import Host
from apps.lifecycle.site_deletion import DELETE, UNDELETE, delete_site, undelete_site
from apps.lifecycle.site_purge import PURGE, purge_site
from apps.operations.asking import Ask
from apps.operations.models import Hold, Operation
from apps.servers.models import Kept
from apps.sites.models import Site
from tests.operations.crashing import Loop, killed_forward, killed_undoing, site
from tests.operations.inventory import Inventory, inventory
from tests.operations.killing import Killer, Recorder, in_a_child, watching
from tests.operations.points import to_kill
from tests.operations.test_crash import ask_for_a_site, before, drive, unsent
from tests.operations.test_crash_database import opens, the
from tests.operations.test_crash_running import runs

__all__ = ["before", "site", "unsent"]
pytestmark = [pytest.mark.host, pytest.mark.backend, pytest.mark.django_db(transaction=True)]
ME = Ask(user=None, door="test")


def is_kept(host: Host, site: Site) -> None:
    """All of it, in the trash; and nothing where it was."""
    found = Site.objects.get(pk=site.pk)
    assert (found.status, found.port, Domain.every.get(site=site).kept) == ("deleted", None, True)
    assert Kept.objects.get(subject_id=site.pk, kind="site").bytes > 0
    assert (host.places.kept_site(site.slug) / "public").is_dir()
    assert (host.places.kept_logs(site.slug) / "site").is_dir()
    assert Domain.every.get(site=site).host not in routes(host.front.current())
    assert not opens(host, the(site))


def works(host: Host, site: Site) -> None:
    runs(host, site)
    assert opens(host, the(site))
    assert not host.files.is_kept(site.slug)
    assert not Kept.objects.exists()


def deleted(host: Host, site: Site) -> None:
    drive(delete_site(ME, site).pk, host)


def taken_back(host: Host, site: Site) -> None:
    drive(undelete_site(ME, Site.objects.get(pk=site.pk)).pk, host)


LOOPS = {
    "delete": Loop(DELETE, lambda site: delete_site(ME, site), is_kept, taken_back),
    "undelete": Loop(UNDELETE, lambda site: undelete_site(ME, site), works, deleted, ready=deleted),
}


@pytest.mark.parametrize("name", LOOPS)
def test_48_killed_at_any_point_it_is_complete_afterwards(name: str, machine: Host, site: Site) -> None:
    killed_forward(LOOPS[name], machine, site)


@pytest.mark.parametrize("name", LOOPS)
def test_killed_on_the_way_back_it_leaves_the_site_as_it_was(name: str, machine: Host, site: Site) -> None:
    killed_undoing(LOOPS[name], machine, site)


def a_deleted_site(host: Host) -> Site:
    operation = ask_for_a_site()
    drive(operation.pk, host)
    site = Site.objects.select_related("server").get(pk=operation.subject_id)
    deleted(host, site)
    return Site.objects.select_related("server").get(pk=site.pk)


def test_48_a_purge_killed_at_any_point_leaves_nothing(machine: Host, before: Inventory) -> None:
    """There is no way back, so there is none to be killed on; and a site that is gone cannot be purged twice."""
    operation = purge_site(ME, a_deleted_site(machine))
    with watching(Recorder()) as recorder:
        drive(operation.pk, machine)
    assert inventory(machine) == before
    for at, name in to_kill(PURGE.name, "forward", enumerate(recorder.passed), sampled=True):
        operation = purge_site(ME, a_deleted_site(machine))

        def run_into_it(pk: int = operation.pk, at: int = at) -> None:
            with watching(Killer(at)):
                drive(pk, machine)

        assert in_a_child(run_into_it) == signal.SIGKILL
        drive(operation.pk, machine)
        assert Operation.objects.get(pk=operation.pk).status == "done", f"killed at {at} {name}"
        assert inventory(machine) == before, f"killed at {at} {name}"
        assert not Hold.objects.exists()
        assert not Kept.objects.exists()
