"""What a database and its site must be like for something to be done to it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from apps.databases.models import Database
from apps.sites.models import Site
from apps.sites.steps.status import stands_against


@dataclass(frozen=True)
class Standing:
    """The *state* of one that can be *deed* (rotated, deleted …), on a site in one of *sites*; empty: in any."""

    state: Database.Status
    deed: str
    sites: Collection[Site.Status]

    def against(self, database: Database) -> str:
        """Why *database* cannot be that as it and its site are now; empty where it can."""
        if database.status != self.state:
            wanted, found = self.state.label.lower(), database.get_status_display().lower()
            return f"{database} is {found}; only a database that is {wanted} can be {self.deed}."
        return stands_against(database.site, self.sites, "changed in its databases") if self.sites else ""
