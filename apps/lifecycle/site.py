"""Site Lifecycle."""

from __future__ import annotations

from django.conf import settings

from apps.cron.records import add_kinds_job
from apps.databases.models import Database
from apps.databases.naming import database_name
from apps.databases.steps import CreateDatabase, SealDatabasePassword
from apps.domains.claiming import claim_domain
from apps.domains.models import Domain, Pair
from apps.domains.steps import ReloadCaddy, WriteCaddyfile
from apps.lifecycle.requests import require
from apps.operations.asking import Ask
from apps.operations.enqueue import enqueue
from apps.operations.entry import lifecycle
from apps.operations.flow import Flow, Records, line
from apps.operations.models import Operation
from apps.operations.refusals import Missing
from apps.operations.run import Run
from apps.servers.allocation import one_at_a_time
from apps.servers.models import Runtime, Server
from apps.servers.runtimes import runtime_of
from apps.sites.kinds import KINDS
from apps.sites.models import Site
from apps.sites.ports import next_free_port
from apps.sites.slugs import unique_slug
from apps.sites.steps import (
    CopyApplication,
    CreateSiteDirectory,
    CreateSiteUser,
    InstallApplication,
    WriteSiteConfig,
)
from apps.sites.validation import check_kind, check_name
from apps.workers.steps import StartWorker, VisitSite, WriteWorkerConfig

# 1. Site Creation


class SiteRecords(Records):
    """Lines 7 and 8, seen from the other end."""

    def finish(self, run: Run) -> None:
        Site.objects.filter(pk=run.params["site_id"]).update(status=Site.Status.ACTIVE)

    def undo(self, run: Run) -> None:
        for model in (Database, Domain, Pair):
            model._default_manager.filter(site_id=run.params["site_id"]).delete()
        Site.objects.filter(pk=run.params["site_id"]).delete()


CREATE = Flow(
    "site.create",
    seed="Site Lifecycle / 1. Site Creation",
    in_request=(1, 2, 3, 4, 5, 7, 8, 15),
    steps=(
        CreateSiteUser(),
        line(6, CreateSiteDirectory()),
        SealDatabasePassword(),
        CopyApplication(),
        line(9, CreateDatabase()),
        line(10, WriteSiteConfig()),
        InstallApplication(),
        line(11, WriteWorkerConfig()),
        line(12, WriteCaddyfile()),
        line(13, StartWorker()),
        VisitSite(),
        line(14, ReloadCaddy()),
    ),
    records=SiteRecords(),
)


@lifecycle("site.create")
def create_site(ask: Ask, name: str, kind: str, domain: str, *, database: bool = False, runtime: str = "") -> Operation:
    """Lines 1 to 5, 7 and 8: check the request and write the records; 15 is the operation that is returned.

    *domain* becomes the primary one. WordPress has a database whether or not *database* asks for one.
    *runtime* names the FrankenPHP that it runs on; without one it is the server's first.
    """
    site, host = new_site(ask, name, kind, domain, runtime=runtime)
    params = {"domain_id": host.pk}
    if database or KINDS[site.kind].needs_database:
        params["database_id"] = new_database(site).pk
    return enqueue(CREATE, site, site.server, ask, params=params, resources=[f"site:{site.pk}"])


def new_site(ask: Ask, name: str, kind: str, domain: str, *, runtime: str = "") -> tuple[Site, Domain]:
    """Lines 2 to 5, 7 and 8: the records of a site to be, and of its first name."""
    require(ask, "site:create", "sites.add_site")  # 3
    name, template = check_name(name), check_kind(kind)  # 2
    one_at_a_time()
    server, first = _place()
    chosen = runtime_of(server, runtime) if runtime else first
    site = Site(name=name, kind=template.key, server=server, runtime=chosen, owner=ask.user)
    site.slug = unique_slug(name)  # 4
    site.port = next_free_port(server)  # 5
    site.save()  # 7
    add_kinds_job(site)
    return site, claim_domain(ask, domain, site)  # 2, 8


def new_database(site: Site, label: str = "") -> Database:
    """A row for a database that nothing else has the name of."""
    name = database_name(settings.PLACES.database_prefix(), site.slug)
    return Database.objects.create(site=site, name=name, label=label)


def _place() -> tuple[Server, Runtime]:
    """Where a new site goes: this machine, and the FrankenPHP that was registered first."""
    server = Server.objects.filter(name=settings.SERVER).first()
    runtime = server.runtimes.order_by("id").first() if server else None
    if server is None or runtime is None:
        raise Missing("This server has no FrankenPHP yet; start the panel once with ./panel up.")
    return server, runtime
