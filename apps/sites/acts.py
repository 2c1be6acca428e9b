"""What can be asked for of a site, at every door."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import QuerySet

from apps.backups.copying import CLONE
from apps.lifecycle.requests import CHANGE, OPERATE, allowed
from apps.lifecycle.runtime import switch_runtime
from apps.lifecycle.site_activation import STARTABLE, restart_site, start_site, stop_site
from apps.lifecycle.site_maintenance import MAINTAINABLE, maintain_site
from apps.lifecycle.site_suspension import SCOPE, SUSPEND_SITE, SUSPENDABLE, suspend_site, unsuspend_site
from apps.lifecycle.site_update import CHANGEABLE, update_site
from apps.mail.acts import SITE_ACTS, SITE_LOOKS
from apps.operations.doors.table import Act, Field, Look, Noun
from apps.sites import visible
from apps.sites.ending_acts import ENDING
from apps.sites.looks import read_pass
from apps.sites.models import Site
from apps.sites.setting import Setting
from apps.sites.settings import SETTINGS
from apps.sites.shapes import SiteShape, in_full
from apps.workers.looks import LOGS
from apps.workers.measured import METRICS

Status = Site.Status


def _visible_to(user: User | AnonymousUser) -> QuerySet[Site]:
    return in_full(visible.visible_to(user))


def other_runtimes(site: Site) -> list[tuple[str, str]]:
    """What the site may be moved to: ``(name, words)``."""
    others = site.server.runtimes.exclude(pk=site.runtime_id).order_by("id")
    slow = {True: "", False: ", one request at a time"}
    return [(one.name, f"{one.name}: PHP {one.php_version}{slow[one.thread_safe]}") for one in others]


_NAME = Field("name", "The title; the slug stays.", required=False, initial=lambda site: site.name)


def _field(setting: Setting) -> Field:
    def initial(site: Site) -> str:
        return str(site.chosen.get(setting.key, ""))

    def choices(site: Site) -> list[tuple[str, str]]:
        standard = ("", f"Default ({setting.default})")
        return [standard, *((word, word.capitalize()) for word in setting.choices)]

    if setting.secret:
        return Field(setting.key, setting.help, "secret", required=False, label=setting.label)
    standard = "" if "Empty: " in setting.help else f" Empty: {setting.default or 'as the kind has it'}."
    offered = choices if setting.choices else None
    told = f"{setting.help}{standard}"
    return Field(setting.key, told, required=False, label=setting.label, choices=offered, initial=initial)


SITE = Noun(
    name="site",
    label="Sites",
    key="slug",
    columns=("id", "slug", "name", "kind", "status", "port", "url"),
    shape=SiteShape,
    visible_to=_visible_to,
    site_of=lambda site: site,
    allowed=allowed,
    statuses=tuple(Status.values),
    listed=visible.listed,
    acts=(
        Act(
            "start",
            start_site,
            "site:operate",
            OPERATE,
            "Start",
            "Start a site's worker; its domains are served when it answers through PHP.",
            "./panel site start rose-sons",
            offered=lambda site: site.status in STARTABLE and site.status != Status.ACTIVE,
        ),
        Act(
            "stop",
            stop_site,
            "site:operate",
            OPERATE,
            "Stop",
            "Stop a site: visitors see a page that says so, then its worker ends.",
            "./panel site stop rose-sons",
            offered=lambda site: site.status in (Status.ACTIVE, Status.MAINTENANCE),
        ),
        Act(
            "restart",
            restart_site,
            "site:operate",
            OPERATE,
            "Restart",
            "End a site's worker and start it anew; visitors wait meanwhile.",
            "./panel site restart rose-sons",
            offered=lambda site: site.status in Site.RUNNING,
        ),
        Act(
            "maintain",
            maintain_site,
            "site:operate",
            OPERATE,
            "Maintenance",
            "Show visitors a maintenance page; a link lets you in. Start ends it; asking again makes a new link.",
            "./panel site maintain rose-sons",
            offered=lambda site: site.status in MAINTAINABLE,
        ),
        Act(
            "suspend",
            suspend_site,
            SCOPE,
            SUSPEND_SITE,
            "Suspend",
            "The host's stop: the site's owner can neither start it nor end this.",
            "./panel site suspend rose-sons --reason 'Invoice 17 is overdue'",
            fields=(Field("reason", "For the owner to read.", required=False),),
            offered=lambda site: site.status in SUSPENDABLE,
        ),
        Act(
            "unsuspend",
            unsuspend_site,
            SCOPE,
            SUSPEND_SITE,
            "End the suspension",
            "Bring a suspended site back to what it was before.",
            "./panel site unsuspend rose-sons",
            offered=lambda site: site.status == Status.SUSPENDED,
        ),
        Act(
            "update",
            update_site,
            "site:change",
            CHANGE,
            "Settings",
            "Change a site's title, PHP's settings and the front's. It goes back if the site's page is worse then.",
            "./panel site update rose-sons --name 'Rose & Daughters' --memory-limit 512",
            fields=(_NAME, *map(_field, SETTINGS.values())),
            offered=lambda site: site.status in CHANGEABLE,
            button="Save",
        ),
        Act(
            "runtime",
            switch_runtime,
            "site:change",
            CHANGE,
            "Change PHP",
            "Let a site run on another FrankenPHP. It goes back by itself if the site does not answer there.",
            "./panel site runtime rose-sons php-8.4",
            fields=(Field("runtime", "A runtime of its server.", label="PHP", choices=other_runtimes),),
            offered=lambda site: site.status == Status.ACTIVE and bool(other_runtimes(site)),
        ),
        CLONE,
        *SITE_ACTS,
        *ENDING,
    ),
    looks=(
        *SITE_LOOKS,
        Look(
            "reveal",
            read_pass,
            "site:operate",
            OPERATE,
            "Maintenance link",
            "Show the link that leads past the maintenance page of a site.",
            "./panel site reveal rose-sons",
            told_once=True,
        ),
        LOGS,
        METRICS,
    ),
)
