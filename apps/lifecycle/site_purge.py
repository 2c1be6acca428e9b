"""Site Lifecycle / 4. Site Deletion 4, 5 and 6: for good, when the undo window has passed, or by hand before."""

from __future__ import annotations

from apps.databases.models import Database
from apps.databases.steps.of_site import DropDatabases
from apps.domains.models import Domain, Pair
from apps.domains.steps.leaving import DropSitePairs
from apps.lifecycle.purging import PURGES
from apps.lifecycle.requests import DELETE as DELETE_SITE
from apps.lifecycle.requests import must_be, require
from apps.lifecycle.site_deletion import SCOPE
from apps.operations.asking import Ask
from apps.operations.enqueue import enqueue
from apps.operations.entry import lifecycle
from apps.operations.flow import Flow, line
from apps.operations.models import Operation
from apps.operations.refusals import Missing
from apps.servers.models import Kept
from apps.sites.models import Site
from apps.sites.steps.keeping import EndProcesses, RemoveKeptSite, RemoveSiteUser
from apps.sites.steps.purging import BeginPurge, DeleteRecords
from apps.sites.steps.status import CheckState

Status = Site.Status
PURGEABLE = (Status.DELETED, Status.DELETING)
"""The second is one whose purge met a fault on its way: while a deletion is at work, it holds the site."""
REMAINS = (Domain, Pair, Database)
"""What would stand in the way of the site's own row, in the order in which it goes."""

PURGE = Flow(
    "site.purge",
    seed="Site Lifecycle / 4. Site Deletion",
    title="Purge",
    in_request=(),
    steps=(
        CheckState(PURGEABLE, "purged"),
        BeginPurge(),
        EndProcesses(),
        line(4, DropDatabases()),
        line(5, RemoveKeptSite()),
        RemoveSiteUser(),
        DropSitePairs(),
        line(6, DeleteRecords(REMAINS)),
    ),
    no_return=BeginPurge.key,
)


@lifecycle("site.purge")
def purge_site(ask: Ask, site: Site) -> Operation:
    """Remove a deleted *site* for good: its databases, its files, its account, its records."""
    require(ask, SCOPE, DELETE_SITE, site)
    holds = [f"site:{site.pk}", f"site:{site.pk}/backup"]
    operation = enqueue(PURGE, site, site.server, ask, params={}, resources=holds)
    must_be(site, operation, PURGEABLE, "purged")
    return operation


def purge_kept(ask: Ask, pk: int) -> Operation:
    """The same for the chore that looks after what is kept. Raises Missing where it is gone by now."""
    site = Site.objects.select_related("server").filter(pk=pk).first()
    if site is None:
        raise Missing(f"The site {pk} is gone already.")
    return purge_site(ask, site)


PURGES[Kept.Kind.SITE] = purge_kept
