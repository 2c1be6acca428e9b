"""A site's records as the plain values that its kind's templates take."""

from __future__ import annotations

from django.conf import settings

from apps.databases.models import Database
from apps.host.command import Identity
from apps.operations.run import Run
from apps.sites.kinds import KINDS
from apps.sites.kinds.base import DatabaseFacts, Kind, SiteFacts
from apps.sites.models import Site

ADMIN = "admin"


def kind_of(site: Site) -> Kind:
    return KINDS[site.kind]


def owner_of(run: Run, site: Site) -> Identity:
    """The Unix account that the site's files and processes belong to."""
    return run.host.users.identity(run.places.site_user(site.pk))


def facts_of(run: Run, site: Site) -> SiteFacts:
    """What a kind may know of *site*: with the database's password, so for a runner only."""
    return SiteFacts(
        id=site.pk,
        slug=site.slug,
        title=site.name,
        url=site.url,
        host=site.hosts[0],
        https_port=settings.HTTPS_PORT,
        admin_user=ADMIN,
        admin_email=f"{ADMIN}@{site.hosts[0]}",
        database=_database(run),
    )


def _database(run: Run) -> DatabaseFacts | None:
    database = run.find(Database)
    if database is None:
        return None
    return DatabaseFacts(
        name=database.name,
        user=database.name,
        password=run.host.vault.open(database.sealed_password),
        socket=run.places.mysql_socket,
    )
