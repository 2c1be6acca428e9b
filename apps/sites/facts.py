"""A site's records as the plain values that its kind's templates take."""

from __future__ import annotations

from django.conf import settings

from apps.databases.configuration import configured
from apps.databases.models import Database
from apps.operations.run import Run
from apps.sites.kinds.base import DatabaseFacts, SiteFacts
from apps.sites.models import Site
from apps.sites.owner import kind_of, owner_of

__all__ = ["ADMIN", "facts_of", "kind_of", "owner_of"]
ADMIN = "admin"


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
        database=_database(run, site),
    )


def _database(run: Run, site: Site) -> DatabaseFacts | None:
    """Of a new site the one that was asked for with it; afterwards the one that the site's configuration names."""
    database = run.find(Database) if site.status == Site.Status.CREATING else configured(run, site)
    if database is None:
        return None
    return DatabaseFacts(
        name=database.name,
        user=database.name,
        password=run.host.vault.open(database.sealed_password),
        socket=run.places.mysql_socket,
    )
