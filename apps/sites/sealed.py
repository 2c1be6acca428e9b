"""What of a site is sealed: the pass that lets people in during maintenance."""

from __future__ import annotations

from apps.operations.sealing import register
from apps.sites.models import Site

register(Site, "sealed_pass", server="server", told="passes into sites in maintenance")
