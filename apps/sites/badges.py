"""The colours of a site's status: see apps.operations.badges for what they mean."""

from __future__ import annotations

from apps.sites.models import Site

NEEDS_A_HAND = "Needs a hand"
NEEDED = {NEEDS_A_HAND: "danger"}
SITE: dict[str, str] = {
    Site.Status.CREATING: "info",
    Site.Status.ACTIVE: "success",
    Site.Status.INACTIVE: "",
    Site.Status.MAINTENANCE: "warning",
    Site.Status.SUSPENDED: "warning",
    Site.Status.DELETING: "info",
    Site.Status.DELETED: "",
}
