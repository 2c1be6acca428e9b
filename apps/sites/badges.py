"""A site's kind and status for a person. The colours: see apps.operations.badges for what they mean."""

from __future__ import annotations

from apps.sites.kinds import KINDS
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


def kind_label(site: Site) -> str:
    """What its kind is called; the bare key where the panel has no such kind any more."""
    return KINDS[site.kind].label if site.kind in KINDS else site.kind
