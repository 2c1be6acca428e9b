"""A site's worker by itself: what may be asked in which state, and what its files are."""

from __future__ import annotations

import os
import stat

import pytest
from django.conf import settings

from apps.host.host import Host
from apps.host.supervisor import find
from apps.lifecycle.site_activation import stop_site
from apps.lifecycle.worker import configure_worker, start_worker, stop_worker
from apps.operations.asking import Ask
from apps.operations.refusals import WrongState
from apps.sites.models import Site
from apps.workers.roster import worker_of
from tests.lifecycle.driving import ask, drive
from tests.parts.front import RunningFront

pytestmark = [
    pytest.mark.host,
    pytest.mark.backend,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("before"),
]
ME = Ask(user=None, door="test")
PLACES = settings.PLACES


@pytest.fixture
def site(machine: Host) -> Site:
    return Site.objects.get(pk=drive(ask(), machine).subject_id)


def again() -> Site:
    return Site.objects.select_related("runtime", "server").get()


def test_a_worker_that_runs_is_left_alone_by_its_start(machine: Host, site: Site) -> None:
    before = find.server(worker_of(again(), machine))
    assert drive(start_worker(ME, site), machine).status == "done"
    assert find.server(worker_of(again(), machine)) == before


def test_a_worker_of_a_stopped_site_is_configured_and_not_started(machine: Host, site: Site) -> None:
    drive(stop_site(ME, site), machine)
    for act in (start_worker, stop_worker):
        with pytest.raises(WrongState, match="only a site that is active"):
            act(ME, again())
    PLACES.worker_config(site.pk).unlink()
    assert drive(configure_worker(ME, again()), machine).status == "done"
    assert str(site.port) in PLACES.worker_link(site.pk).read_text()
    assert find.server(worker_of(again(), machine)) is None


def test_a_running_worker_takes_its_configuration_without_a_lost_request(
    machine: Host, site: Site, parts: RunningFront
) -> None:
    config = PLACES.worker_config(site.pk)
    whole, before = config.read_text(), find.server(worker_of(again(), machine))
    config.write_text(whole.replace('"memory_limit": "256M"', '"memory_limit": "99M"'))
    assert drive(configure_worker(ME, site), machine).status == "done"
    assert config.read_text() == whole
    assert find.server(worker_of(again(), machine)) == before
    assert parts.get("fault.localhost", "/").status == 200


def test_33_the_workers_configuration_is_the_panels_and_holds_no_secret(machine: Host, site: Site) -> None:
    config = PLACES.worker_config(site.pk)
    for path, mode in ((config, 0o644), (config.parent, 0o755)):
        found = path.stat()
        assert (found.st_uid, stat.S_IMODE(found.st_mode)) == (os.geteuid(), mode)
    password = (PLACES.site(site.slug) / "private" / ".env").read_text().split("DB_PASSWORD=")[1].split()[0].strip('"')
    assert password not in config.read_text()
    assert settings.SECRET_KEY not in config.read_text()
