"""Whether a database is still as the request found it, for one that has waited in line."""

from __future__ import annotations

from apps.databases.configuration import read
from apps.databases.models import Database
from apps.databases.standing import Standing
from apps.host.errors import Refused
from apps.operations.flow import Step
from apps.operations.run import Run
from apps.sites.models import Site


class CheckDatabase(Step):
    key = "database-state"

    def __init__(self, standing: Standing) -> None:
        self.standing = standing

    def check(self, run: Run) -> None:
        if reason := self.standing.against(run.record(Database)):
            raise Refused(reason)

    def plan(self, run: Run) -> str:
        return f"See that {run.record(Database)} can be {self.standing.deed} as it is then"

    def do(self, run: Run) -> None:
        return


class CheckUnused(Step):
    """Whether the site could live without it, which only a look into the site's configuration tells."""

    key = "database-use"

    def check(self, run: Run) -> None:
        site, database = run.record(Site), run.record(Database)
        if run.params.get("force"):
            return
        configuration = read(run, site)
        if configuration is not None and configuration.database == database.name:
            raise Refused(
                f"The configuration of {site.slug} uses {database}: the site would be without its data."
                " Let it use another database first, or force this."
            )

    def plan(self, run: Run) -> str:
        if run.params.get("force"):
            return "Go on even if the site's configuration uses it: this is forced"
        return f"See that the configuration of {run.record(Site).slug} does not use it"

    def do(self, run: Run) -> None:
        return
