"""What kind a site is of, and whom its files belong to."""

from __future__ import annotations

from apps.host.command import Identity
from apps.operations.run import Run
from apps.sites.kinds import KINDS
from apps.sites.kinds.base import Kind
from apps.sites.models import Site


def kind_of(site: Site) -> Kind:
    return KINDS[site.kind]


def owner_of(run: Run, site: Site) -> Identity:
    """The Unix account that the site's files and processes belong to."""
    return run.host.users.identity(run.places.site_user(site.pk))
