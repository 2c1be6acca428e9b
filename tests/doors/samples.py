"""For each act of each noun, a request that is in order: what it is done to, and with which words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.utils.timezone import now

from apps.backups.models import Backup, BackupKey, Schedule, Target
from apps.cron.models import Cron
from apps.databases.models import Database
from apps.domains.models import Domain
from apps.mail.models import Relay
from apps.notices.models import Notice
from apps.operations.doors.table import Act, Noun
from apps.operations.models import Operation
from apps.servers.models import Runtime, Server
from apps.sites.kept import keep, kept_of
from apps.sites.models import Site
from apps.workers.models import WorkerState

Words = dict[str, Any]


def with_status(status: Site.Status) -> Callable[[Site], Site]:
    def ready(site: Site) -> Site:
        Site.objects.filter(pk=site.pk).update(status=status)
        site.refresh_from_db()
        return site

    return ready


active = with_status(Site.Status.ACTIVE)


def with_database(status: Database.Status) -> Callable[[Site], Database]:
    def ready(site: Site) -> Database:
        active(site)
        database = site.databases.order_by("pk")[0]
        Database.objects.filter(pk=database.pk).update(status=status)
        return Database.objects.select_related("site").get(pk=database.pk)

    return ready


@dataclass(frozen=True)
class Sample:
    """*ready* makes a site into what the act is done to, and returns that. *words* are the act's fields.

    *others* are in place of some of them where the same is asked for a second time.
    """

    words: Words = field(default_factory=dict)
    ready: Callable[[Site], Any] = active
    others: Words = field(default_factory=dict)

    @property
    def words_of_another(self) -> Words:
        return {**self.words, **self.others}


def with_a_second_runtime(site: Site) -> Site:
    active(site)
    facts = {"path": "/opt/php-8.4/frankenphp", "version": "1.12.7", "php_version": "8.4.1", "thread_safe": True}
    Runtime.objects.get_or_create(server=site.server, name="php-8.4", defaults=facts)
    return site


RECIPIENT = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
RECIPIENT_BEFORE = "age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg"
A_RELAY = {"host": "smtp.example.com", "sender": "mail@example.com", "per_hour": 50}


def with_a_relay(site: Site) -> Site:
    facts = {"host": "smtp.example.com", "port": 587, "security": "starttls", "sender": "mail@example.com"}
    Relay.objects.get_or_create(server=site.server, site=None, defaults=facts)
    return active(site)


def its_server(site: Site) -> Server:
    return site.server


def with_a_notice(site: Site) -> Notice:
    facts = {"server": site.server, "kind": "email", "to": "ana@example.com", "active": True}
    return Notice.objects.update_or_create(site=active(site), name=f"{site.slug}.1", defaults=facts)[0]


def with_a_recovery_key(site: Site) -> Server:
    BackupKey.objects.get_or_create(server=site.server, recipient=RECIPIENT_BEFORE)
    return site.server


def with_a_job(*, paused: bool = False) -> Callable[[Site], Cron]:
    def ready(site: Site) -> Cron:
        facts = {"schedule": "@daily", "command": "GET /tick", "active": not paused}
        return Cron.objects.update_or_create(site=active(site), name=f"{site.slug}.x", defaults=facts)[0]

    return ready


def its_domain(site: Site) -> Domain:
    active(site)
    return site.domains.get(primary=True)


def a_second_domain(site: Site) -> Domain:
    active(site)
    return Domain.objects.get_or_create(host=f"www.{site.slug}.example.com", defaults={"site": site})[0]


def with_a_worker(**facts: Any) -> Callable[[Site], Site]:
    def ready(site: Site) -> Site:
        WorkerState.objects.update_or_create(site=active(site), defaults=facts)
        return site

    return ready


def deleted(site: Site) -> Site:
    """The records of one, with what is kept of it."""
    if kept_of(site) is None:
        keep(site, Operation(pk=1), 4096, "active")
    Site.objects.filter(pk=site.pk).update(status=Site.Status.DELETED, port=None)
    site.refresh_from_db()
    return site


def with_its_names_free(site: Site) -> Site:
    """As far as that matters to an undeletion: one name, so that other acts still find a domain."""
    host = f"kept-{site.slug}.example.com"
    if not Domain.every.filter(host=host).exists():
        Domain.every.create(site=site, host=host, kept=True)
    return deleted(site)


SAMPLES: dict[tuple[str, str], Sample] = {
    ("site", "start"): Sample(ready=with_status(Site.Status.INACTIVE)),
    ("site", "stop"): Sample(),
    ("site", "restart"): Sample(),
    ("site", "maintain"): Sample(),
    ("site", "suspend"): Sample({"reason": "Invoice 17 is overdue"}),
    ("site", "unsuspend"): Sample(ready=with_status(Site.Status.SUSPENDED)),
    ("site", "delete"): Sample({"backup": True}),
    ("site", "undelete"): Sample(ready=with_its_names_free),
    ("site", "purge"): Sample(ready=deleted),
    ("site", "update"): Sample({"name": "Other", "memory_limit": "512", "backup_room": "20G"}),
    ("site", "runtime"): Sample({"runtime": "php-8.4"}, with_a_second_runtime),
    ("site", "relay"): Sample(A_RELAY),
    ("site", "test"): Sample({"to": "ana@example.com"}, with_a_relay),
    ("server", "relay"): Sample(A_RELAY, its_server),
    ("server", "test"): Sample({"to": "ana@example.com"}, lambda site: its_server(with_a_relay(site))),
    ("server", "browser"): Sample({"on": True}, its_server),
    ("server", "recovery"): Sample({"recipient": RECIPIENT}, its_server),
    ("server", "export"): Sample(ready=with_a_recovery_key),
    ("cron", "create"): Sample({"schedule": "*/10 * * * *", "command": "GET /tick"}),
    ("cron", "test"): Sample(ready=with_a_job()),
    ("cron", "stop"): Sample(ready=with_a_job()),
    ("cron", "start"): Sample(ready=with_a_job(paused=True)),
    ("cron", "update"): Sample({"schedule": "@weekly"}, with_a_job()),
    ("cron", "delete"): Sample(ready=with_a_job()),
    ("notice", "create"): Sample({"email": "ana@example.com"}),
    ("notice", "test"): Sample(ready=with_a_notice),
    ("notice", "delete"): Sample(ready=with_a_notice),
    ("server", "notify"): Sample({"email": "host@example.com"}, its_server),
    ("domain", "create"): Sample(
        {"host": "shop.example.net", "redirects": True}, others={"host": "blog.example.net"}
    ),
    ("domain", "verify"): Sample(ready=its_domain),
    ("domain", "update"): Sample({"redirects": True, "path_redirects": "/old /new 302\n"}, a_second_domain),
    ("domain", "delete"): Sample(ready=a_second_domain),
    ("database", "create"): Sample({"label": "statistics"}),
    ("database", "rotate"): Sample(ready=with_database(Database.Status.ACTIVE)),
    ("database", "export"): Sample(ready=with_database(Database.Status.ACTIVE)),
    ("database", "import"): Sample({"path": "dumps/shop.sql", "keep": True}, with_database(Database.Status.ACTIVE)),
    ("database", "delete"): Sample({"force": True}, with_database(Database.Status.ACTIVE)),
    ("database", "undelete"): Sample(ready=with_database(Database.Status.DELETED)),
    ("database", "purge"): Sample(ready=with_database(Database.Status.DELETED)),
}
SAMPLES |= {
    ("worker", "start"): Sample(ready=with_a_worker(stopped=True)),
    ("worker", "stop"): Sample(ready=with_a_worker(since=now())),
    ("worker", "update"): Sample(),
}


def with_a_backup(status: Backup.Status = Backup.Status.COMPLETED) -> Callable[[Site], Backup]:
    def ready(site: Site) -> Backup:
        facts: Words = {
            "kind": site.kind,
            "status": status,
            "facts": {"databases": [{"name": one.name, "tables": 1} for one in site.databases.all()]},
        }
        active(site)
        known: Words = {"server": site.server, "site": site, "slug": site.slug, "file": f"{site.slug}-x.tar.gz.age"}
        return Backup.objects.update_or_create(**known, defaults=facts)[0]

    return ready


def with_a_schedule(site: Site) -> Schedule:
    facts = {"name": active(site).slug, "schedule": "weekly sun 03:30"}
    return Schedule.objects.get_or_create(site=site, defaults=facts)[0]


def with_a_target(site: Site) -> Target:
    facts = {"kind": "folder", "facts": {"path": "/mnt/backups"}, "active": True}
    return Target.objects.get_or_create(server=site.server, name=f"t-{site.slug}", defaults=facts)[0]


def without_a_schedule(site: Site) -> Site:
    Schedule.objects.filter(site=site).delete()
    return Site.objects.get(pk=active(site).pk)


SAMPLES |= {
    ("site", "clone"): Sample({"domain": "staging.example.net"}, others={"domain": "copy.example.net"}),
    ("backup", "create"): Sample({"label": "nightly", "pinned": True, "files": True, "databases": True}),
    ("backup", "import"): Sample({"path": "old-site.tar.gz", "dump": "old.sql", "label": "from the old host"}),
    ("backup", "restore"): Sample({"path": "public/index.php", "keep": True}, with_a_backup()),
    ("backup", "clone"): Sample({"domain": "again.example.net"}, with_a_backup(), {"domain": "more.example.net"}),
    ("backup", "verify"): Sample(ready=with_a_backup()),
    ("backup", "drill"): Sample(ready=with_a_backup()),
    ("target", "create"): Sample({"name": "away", "kind": "folder", "path": "/mnt/backups"}, its_server),
    ("target", "test"): Sample(ready=with_a_target),
    ("target", "delete"): Sample(ready=with_a_target),
    ("schedule", "create"): Sample({"schedule": "daily 03:30", "keep_daily": 14}, without_a_schedule),
    ("schedule", "update"): Sample({"schedule": "every 6 hours"}, with_a_schedule),
    ("schedule", "delete"): Sample(ready=with_a_schedule),
    ("backup", "update"): Sample({"label": "kept", "pinned": True}, with_a_backup()),
    ("backup", "delete"): Sample(ready=with_a_backup(Backup.Status.FAILED)),
}
OF_A_SERVER = ("server", "target")
"""Nouns whose operations are about a server, and hold no site."""


def every_act() -> list[tuple[Noun, Act]]:
    return [(noun, act) for noun in Noun.REGISTERED.values() for act in noun.acts]
