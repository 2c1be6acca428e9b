"""What goes into a site's archive, and what is known of it: before, from the records; afterwards, from the writing."""

from __future__ import annotations

from typing import Any

from apps.backups.keys import recipients_of
from apps.backups.models import Backup
from apps.databases.configuration import read
from apps.databases.models import Database
from apps.databases.steps.export import login_of
from apps.host.archive.site_tree import SiteTree
from apps.host.archive.writing import Content, Written
from apps.host.errors import Refused, Unavailable
from apps.host.streams import Waiting
from apps.host.visit import fetch
from apps.operations.run import Run
from apps.sites.models import Site
from apps.sites.owner import kind_of, owner_of
from apps.sites.settings import SETTINGS

EXPORTS = "private/exports"
"""Dumps that a person has asked for do not belong into every backup after that."""


def databases_of(backup: Backup) -> list[Database]:
    """Those of its site that are in use."""
    if not backup.has_databases or backup.site is None:
        return []
    active = backup.site.databases.filter(status=Database.Status.ACTIVE)
    return list(active.select_related("site__server").order_by("pk"))


def content_of(run: Run, backup: Backup, waiting: Waiting) -> Content:
    """Nothing is dumped or read before the archive asks for it."""
    site = backup.site
    if site is None:
        raise Refused(f"The site of {backup} is gone.")
    dumps = {one.name: run.host.dumps.export(login_of(run, one), waiting) for one in databases_of(backup)}
    tree = SiteTree(owner_of(run, site), run.places.site(site.slug), without=(EXPORTS,)) if backup.has_files else None
    return Content(manifest_of(run, backup, site), recipients_of(backup.server, run.host), dumps, tree)


def as_it_is(site: Site) -> dict[str, Any]:
    """What the records say of *site* to whoever makes a new one of it. Holds no secret."""
    active = site.databases.filter(status=Database.Status.ACTIVE).order_by("pk").values_list("name", flat=True)
    return {
        "site": {"slug": site.slug, "name": site.name, "kind": site.kind, "domains": site.hosts, "url": site.url},
        "settings": {key: value for key, value in site.chosen.items() if key in SETTINGS and not SETTINGS[key].secret},
        "databases": [{"name": name} for name in active],
        "configured": active[0] if len(active) == 1 else "",
    }


def manifest_of(run: Run, backup: Backup, site: Site) -> dict[str, Any]:
    """What a person, or another panel, has to know to make the site run from its archive."""
    return {
        **as_it_is(site),
        "made_at": backup.created_at.isoformat(),
        "php": site.runtime.php_version,
        "configured": _configured(run, site),
        "page": _page(site),
        "has": {"files": backup.has_files, "databases": backup.has_databases},
    }


def facts_of(content: Content, written: Written) -> dict[str, Any]:
    """The manifest, and what was counted: files, bytes before they were packed, tables of each database."""
    sizes = {name: {"bytes": one.bytes, "tables": one.tables} for name, one in written.databases.items()}
    return {
        **content.manifest,
        "databases": [{"name": name, **counted} for name, counted in sizes.items()],
        "files": written.files,
        "content": written.content,
        "warned": written.warned,
    }


def _configured(run: Run, site: Site) -> str:
    """The database that the site's configuration names; empty where it names none, or cannot be read."""
    try:
        configuration = read(run, site)
    except Refused:
        return ""
    return configuration.database if configuration else ""


def _page(site: Site) -> int | None:
    """What the home page answers now, for a drill to compare with; None where nobody answers."""
    if site.status not in Site.RUNNING or site.port is None:
        return None
    try:
        return fetch(site.port, site.url.removeprefix("https://"), kind_of(site).proof_path)[0]
    except Unavailable:
        return None
