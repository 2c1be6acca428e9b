"""A copy of a site, as an act of the site that is copied."""

from __future__ import annotations

from apps.lifecycle.backup import SAVABLE
from apps.lifecycle.clone import clone_site
from apps.lifecycle.requests import CHANGE
from apps.operations.doors.table import Act, Field

DOMAIN = Field("domain", "The new site's own name: staging.example.com.")
NAME = Field("name", "The new site's title.", required=False)
CLONE = Act(
    "clone",
    clone_site,
    "backup:restore",
    CHANGE,
    "Clone",
    "Make a copy of a site, at a domain of its own, while the site goes on.",
    "./panel site clone rose-sons staging.rose.example",
    fields=(DOMAIN, NAME),
    offered=lambda site: site.status in SAVABLE,
)
