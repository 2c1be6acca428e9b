"""What can be asked for at the end of a site: out of sight, back again, or gone for good."""

from __future__ import annotations

from apps.lifecycle.requests import DELETE
from apps.lifecycle.site_deletion import DELETABLE, SCOPE, delete_site, undelete_site
from apps.lifecycle.site_purge import purge_site
from apps.operations.doors.table import Act, Field
from apps.sites.models import Site

WITHOUT = Field(
    "without_taken",
    "Also where another site has one of its domains by now: it comes back without that one.",
    "flag",
    required=False,
    label="Without domains that are taken",
)
BACKUP = Field("backup", "Make a last backup, which outlives even that.", "flag", False, initial=lambda site: True)
ENDING = (
    Act(
        "delete",
        delete_site,
        SCOPE,
        DELETE,
        "Delete",
        "Take a site off the front. Its files and databases are kept for the undo window; then they go for good.",
        "./panel site delete rose-sons --yes",
        fields=(BACKUP,),
        offered=lambda site: site.status in DELETABLE,
        confirm=True,
    ),
    Act(
        "undelete",
        undelete_site,
        SCOPE,
        DELETE,
        "Take back",
        "Bring a deleted site back, with its files, its databases and its domains, as it was.",
        "./panel site undelete rose-sons",
        fields=(WITHOUT,),
        offered=lambda site: site.status == Site.Status.DELETED,
    ),
    Act(
        "purge",
        purge_site,
        SCOPE,
        DELETE,
        "Remove for good",
        "Remove a deleted site's files, databases and records before its time. Nothing brings them back.",
        "./panel site purge rose-sons --yes",
        offered=lambda site: site.status == Site.Status.DELETED,
        confirm=True,
    ),
)
