"""For each act of each noun, a request that is in order: what it is done to, and with which words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from apps.cron.models import Cron
from apps.operations.doors.table import Act, Noun
from apps.servers.models import Runtime
from apps.sites.models import Site

Words = dict[str, Any]


def with_status(status: Site.Status) -> Callable[[Site], Site]:
    def ready(site: Site) -> Site:
        Site.objects.filter(pk=site.pk).update(status=status)
        site.refresh_from_db()
        return site

    return ready


active = with_status(Site.Status.ACTIVE)


@dataclass(frozen=True)
class Sample:
    """*ready* makes a site into what the act is done to, and returns that. *words* are the act's fields."""

    words: Words = field(default_factory=dict)
    ready: Callable[[Site], Any] = active


def with_a_second_runtime(site: Site) -> Site:
    active(site)
    facts = {"path": "/opt/php-8.4/frankenphp", "version": "1.12.7", "php_version": "8.4.1", "thread_safe": True}
    Runtime.objects.get_or_create(server=site.server, name="php-8.4", defaults=facts)
    return site


def with_a_job(*, paused: bool = False) -> Callable[[Site], Cron]:
    def ready(site: Site) -> Cron:
        facts = {"schedule": "@daily", "command": "GET /tick", "active": not paused}
        return Cron.objects.update_or_create(site=active(site), name=f"{site.slug}.x", defaults=facts)[0]

    return ready


SAMPLES: dict[tuple[str, str], Sample] = {
    ("site", "start"): Sample(ready=with_status(Site.Status.INACTIVE)),
    ("site", "stop"): Sample(),
    ("site", "restart"): Sample(),
    ("site", "update"): Sample({"name": "Other", "memory_limit": "512"}),
    ("site", "runtime"): Sample({"runtime": "php-8.4"}, with_a_second_runtime),
    ("cron", "create"): Sample({"schedule": "*/10 * * * *", "command": "GET /tick"}),
    ("cron", "test"): Sample(ready=with_a_job()),
    ("cron", "stop"): Sample(ready=with_a_job()),
    ("cron", "start"): Sample(ready=with_a_job(paused=True)),
    ("cron", "update"): Sample({"schedule": "@weekly"}, with_a_job()),
    ("cron", "delete"): Sample(ready=with_a_job()),
    ("database", "create"): Sample({"label": "statistics"}),
}


def every_act() -> list[tuple[Noun, Act]]:
    return [(noun, act) for noun in Noun.REGISTERED.values() for act in noun.acts]
