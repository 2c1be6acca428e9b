"""A new site out of a backup, or straight out of another site: a staging copy, or one whose server is gone.

It has a user, a port, databases, passwords and a name of its own; its texts and settings have its own address.
"""

from __future__ import annotations

from typing import Any

from apps.backups.content import as_it_is
from apps.backups.copied import rewriting, settings_of
from apps.backups.models import Backup
from apps.backups.standing import COMPLETED, must_stand
from apps.backups.steps.archive import MakeRoom, MeasureArchive, WriteArchive
from apps.backups.steps.beside import ExtractFiles
from apps.backups.steps.keeping import DropArchive
from apps.backups.steps.new_site import CreateDatabases, FillDatabases, LookAtClone, PointConfiguration
from apps.backups.steps.opening import OpenBackup
from apps.backups.wanted import FROM
from apps.databases.steps.rewriting import PARAMETER, SECURE, ForgetOldAddresses, RewriteAddresses
from apps.databases.steps.scratch import SEVERAL
from apps.domains.steps import ReloadCaddy, WriteCaddyfile
from apps.lifecycle.backup import SAVABLE, new_backup
from apps.lifecycle.requests import CHANGE, must_be, require
from apps.lifecycle.site import SiteRecords, new_database, new_site
from apps.operations.asking import Ask
from apps.operations.enqueue import enqueue
from apps.operations.entry import lifecycle
from apps.operations.flow import Flow, Step
from apps.operations.models import Operation
from apps.operations.refusals import Invalid
from apps.operations.run import Run
from apps.sites.models import Site
from apps.sites.steps import CreateSiteDirectory, CreateSiteUser
from apps.workers.steps import StartWorker, WriteWorkerConfig


def _slug(run: Run) -> str:
    return run.record(Site).slug


OUT_OF_AN_ARCHIVE: tuple[Step, ...] = (
    CreateSiteUser(),
    CreateSiteDirectory(),
    ExtractFiles(_slug),
    CreateDatabases(),
    FillDatabases(),
    PointConfiguration(),
    RewriteAddresses(),
    WriteWorkerConfig(),
    WriteCaddyfile(),
    StartWorker(),
    LookAtClone(),
    ReloadCaddy(),
    ForgetOldAddresses(),
)


class CloneRecords(SiteRecords):
    """And the archive that it went through, which nobody asked for, leaves no row."""

    def finish(self, run: Run) -> None:
        super().finish(run)
        Backup.objects.filter(pk=run.params["backup_id"], reason=Backup.Reason.CLONE).delete()

    def undo(self, run: Run) -> None:
        super().undo(run)
        Backup.objects.filter(pk=run.params["backup_id"], reason=Backup.Reason.CLONE).delete()


CLONE = Flow(
    "backup.clone",
    title="Site out of a Backup",
    steps=(OpenBackup(), *OUT_OF_AN_ARCHIVE),
    records=CloneRecords(),
    long=True,
)

COPY = Flow(
    "site.clone",
    title="Site Clone",
    steps=(
        MakeRoom(),
        WriteArchive(),
        MeasureArchive(),
        OpenBackup((Backup.Status.IN_PROGRESS,)),
        *OUT_OF_AN_ARCHIVE,
        DropArchive(),
    ),
    records=CloneRecords(),
    long=True,
)


@lifecycle("backup.clone")
def clone_backup(ask: Ask, backup: Backup, domain: str, *, name: str = "") -> Operation:
    """Make a new site of what is in *backup*, at *domain*."""
    require(ask, "backup:restore", CHANGE, backup.site)
    if not backup.has_files:
        raise Invalid("", f"{backup} has no files in it, so it makes no site; restore its databases instead.")
    operation = _clone(CLONE, ask, backup, backup.facts, domain, name)
    must_stand(backup, operation, COMPLETED)
    return operation


@lifecycle("site.clone")
def clone_site(ask: Ask, site: Site, domain: str, *, name: str = "") -> Operation:
    """Make a copy of *site* at *domain*, while it goes on."""
    require(ask, "backup:restore", CHANGE, site)
    backup = new_backup(site, Backup.Reason.CLONE)
    operation = _clone(COPY, ask, backup, as_it_is(site), domain, name)
    must_be(site, operation, SAVABLE, "cloned")
    return operation


def _clone(flow: Flow, ask: Ask, backup: Backup, facts: dict[str, Any], domain: str, name: str) -> Operation:
    """*facts*: of the site that is copied, as the manifest of its archive tells them."""
    was = facts.get("site", {})
    site, host = new_site(ask, name or f"{was.get('name', backup.slug)} copy", backup.kind, domain)
    site.chosen = settings_of(facts)
    site.save(update_fields=["chosen"])
    pairs = {new_database(site).pk: saved["name"] for saved in facts.get("databases", [])}
    configured = next((pk for pk, saved in pairs.items() if saved == facts.get("configured")), None)
    params: dict[str, Any] = {
        "backup_id": backup.pk,
        "domain_id": host.pk,
        "database_id": configured,
        "files": True,
        "path": "",
        FROM: pairs,
        SEVERAL: list(pairs),
        PARAMETER: rewriting(was, site) if configured else {},
        SECURE: facts.get("secure", False),
    }
    holds = [f"site:{site.pk}", f"backup:{backup.pk}", *([f"site:{backup.site_id}/backup"] if flow is COPY else [])]
    return enqueue(flow, site, site.server, ask, params=params, resources=holds)
