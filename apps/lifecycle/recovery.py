"""A site of a panel that is lost, out of its archive and the panel's records. The seed has no list for it.

Other than a clone it is the same site: it keeps its number, its account's name, its port, its names and its passwords.
"""

from __future__ import annotations

from typing import Any

from apps.backups.models import Backup
from apps.backups.standing import COMPLETED, must_stand
from apps.backups.steps.beside import ExtractFiles
from apps.backups.steps.new_site import CreateDatabases, FillDatabases, PointConfiguration
from apps.backups.steps.opening import OpenBackup
from apps.backups.steps.recovering import (
    FRONT,
    STATUS,
    StartRecovered,
    TakeSiteUser,
    WriteRecoveredConfig,
    WriteWhatIsKept,
)
from apps.backups.wanted import FROM
from apps.databases.models import Database
from apps.databases.steps.scratch import SEVERAL
from apps.domains.steps import ReloadCaddy, WriteCaddyfile
from apps.lifecycle.requests import CHANGE, must_be, require
from apps.operations.asking import Ask
from apps.operations.enqueue import enqueue
from apps.operations.entry import lifecycle
from apps.operations.flow import Flow, Records
from apps.operations.models import Operation
from apps.operations.run import Run
from apps.sites.models import Site
from apps.sites.steps import CreateSiteDirectory

LOST = (Site.Status.CREATING,)
"""What a site is whose records are back and nothing else: so nothing starts it, saves it or runs its jobs."""


class RecoveryRecords(Records):
    def finish(self, run: Run) -> None:
        status = Site.Status(run.params[STATUS])
        facts: dict[str, Any] = {"status": status, "front": FRONT[status]}
        if status != Site.Status.SUSPENDED:
            facts |= {"suspended_from": "", "suspended_because": ""}
        Site.objects.filter(pk=run.params["site_id"]).update(**facts)


RECOVER = Flow(
    "site.recover",
    title="Site Recovery",
    steps=(
        OpenBackup(),
        TakeSiteUser(),
        CreateSiteDirectory(),
        ExtractFiles(lambda run: run.record(Site).slug),
        CreateDatabases(),
        FillDatabases(),
        PointConfiguration(),
        WriteRecoveredConfig(),
        WriteWhatIsKept(),
        WriteCaddyfile(),
        StartRecovered(),
        ReloadCaddy(),
    ),
    records=RecoveryRecords(),
    long=True,
)


@lifecycle("site.recover")
def recover_site(ask: Ask, site: Site, backup: Backup, status: str) -> Operation:
    """Make *site* anew of *backup*, and give it the *status* that it had. A database that is not in it begins empty."""
    require(ask, "backup:restore", CHANGE, site)
    databases = site.databases.filter(status=Database.Status.ACTIVE)
    saved = {str(one["name"]) for one in backup.facts.get("databases", [])}
    params: dict[str, Any] = {
        "backup_id": backup.pk,
        STATUS: status,
        "files": True,
        "path": "",
        FROM: {str(one.pk): one.name for one in databases if one.name in saved},
        SEVERAL: [one.pk for one in databases],
    }
    holds = [f"site:{site.pk}", f"site:{site.pk}/backup", f"backup:{backup.pk}"]
    operation = enqueue(RECOVER, site, site.server, ask, params=params, resources=holds)
    must_be(site, operation, LOST, "recovered")
    must_stand(backup, operation, COMPLETED)
    return operation
