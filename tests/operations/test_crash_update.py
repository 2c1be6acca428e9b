"""A change of a site's title and settings, killed at every point, forward and back."""

from __future__ import annotations

import json

import pytest
from django.conf import settings

from apps.host.host import Host
from apps.host.supervisor.ask import ask, mark
from apps.lifecycle.site_update import UPDATE, update_site
from apps.operations.asking import Ask
from apps.sites.models import Site
from tests.operations.crashing import Loop, killed_forward, killed_undoing, site
from tests.operations.test_crash import before, drive, unsent

__all__ = ["before", "site", "unsent"]
pytestmark = [pytest.mark.host, pytest.mark.backend, pytest.mark.django_db(transaction=True)]
ME = Ask(user=None, door="test")
WORDS = {"memory_limit": "300", "threads": "3", "force_https": "off"}
"""Settings in which the worker and the front have a part."""


def state_of(site: Site) -> tuple[str, dict[str, str], str, bool]:
    """Its title and settings, what its file says, and whether its worker and the front run just that."""
    site.refresh_from_db()
    site.server.refresh_from_db()
    loaded = site.server.front_loaded == site.server.front_wanted
    config = settings.PLACES.worker_config(site.pk)
    limit = json.loads(config.read_text())["apps"]["frankenphp"]["php_ini"]["memory_limit"]
    answer = ask(site.port or 0)
    is_special = site.front_accepted.get("plain_http", False) == (site.chosen.get("force_https") == "off")
    runs = loaded and is_special and answer is not None and answer.config == mark(config)
    return site.name, site.chosen, limit, runs


def changed(host: Host, site: Site) -> None:
    assert state_of(site) == ("Changed", WORDS, "300M", True)


def put_back(host: Host, site: Site) -> None:
    words = {"name": "Crash", **dict.fromkeys(WORDS, "")}
    if Site.objects.get(pk=site.pk).chosen:
        drive(update_site(ME, site, **words).pk, host)
    assert state_of(site)[1:] == ({}, "256M", True)


LOOPS = {"update": Loop(UPDATE, lambda site: update_site(ME, site, name="Changed", **WORDS), changed, put_back)}


def test_killed_at_any_point_the_site_has_its_settings_afterwards(machine: Host, site: Site) -> None:
    killed_forward(LOOPS["update"], machine, site)


def test_killed_on_the_way_back_the_site_is_as_it_was(machine: Host, site: Site) -> None:
    killed_undoing(LOOPS["update"], machine, site)
    put_back(machine, site)
    assert state_of(site)[0] != "Changed"
