"""Database Lifecycle."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from apps.databases.models import Database
from apps.databases.naming import check_label, database_name
from apps.databases.standing import Standing
from apps.databases.steps import CreateDatabase, SealDatabasePassword
from apps.lifecycle.requests import CHANGE, must_be, require
from apps.operations.asking import Ask
from apps.operations.enqueue import enqueue
from apps.operations.entry import lifecycle
from apps.operations.flow import Flow, Records, line
from apps.operations.models import Operation
from apps.operations.refusals import WrongState
from apps.operations.run import Run
from apps.sites.models import Site
from apps.sites.steps.status import CheckState

USABLE = (Site.Status.ACTIVE, Site.Status.INACTIVE, Site.Status.MAINTENANCE)
"""States of a site in which its databases may be changed."""

# 1. Database Creation


class DatabaseRecords(Records):
    """Line 9, seen from the other end."""

    def finish(self, run: Run) -> None:
        Database.objects.filter(pk=run.params["database_id"]).update(status=Database.Status.ACTIVE)

    def undo(self, run: Run) -> None:
        Database.objects.filter(pk=run.params["database_id"]).delete()


CREATE = Flow(
    "database.create",
    seed="Database Lifecycle / 1. Database Creation",
    in_request=(1, 2, 10),
    steps=(
        CheckState(USABLE, "given a database"),
        line((3, 8, 9), SealDatabasePassword()),
        line((4, 5, 6, 7), CreateDatabase()),
    ),
    records=DatabaseRecords(),
)


@lifecycle("database.create")
def create_database(ask: Ask, site: Site, *, label: str = "") -> Operation:
    """Lines 1, 2 and 10: a name, which is the account's too, and the record; no answer has the password."""
    require(ask, "database:create", CHANGE, site)
    name = database_name(settings.PLACES.database_prefix(), site.slug)  # 1, 2
    database = Database.objects.create(site=site, name=name, label=check_label(label), status=Database.Status.CREATING)
    operation = enqueue(
        CREATE, site, site.server, ask, params={"database_id": database.pk}, resources=[f"site:{site.pk}"]
    )
    must_be(site, operation, USABLE, "given a database")
    return operation


# What is asked of one that is there


def change_database(
    flow: Flow, ask: Ask, database: Database, scope: str, standing: Standing, **params: Any
) -> Operation:
    """Ask for *flow*, which begins by looking whether that *standing* still holds. It has the site for itself."""
    site = database.site
    require(ask, scope, CHANGE, site)
    asked = {"database_id": database.pk, **params}
    operation = enqueue(flow, site, site.server, ask, params=asked, resources=[f"site:{site.pk}"])
    if operation.status != Operation.Status.WAITING:
        database = Database.objects.select_related("site").get(pk=database.pk)
        if reason := standing.against(database):
            raise WrongState(reason)
    return operation
