"""What is told of a site's mails."""

from __future__ import annotations

from typing import Any

from apps.lifecycle.requests import require
from apps.mail.shapes import told
from apps.operations.asking import Ask
from apps.sites.models import Site

VIEW = "sites.view_site"
SHOWN = 50


def mails_of(ask: Ask, site: Site) -> list[dict[str, Any]]:
    """The last that it handed over, the newest first."""
    require(ask, "site:read", VIEW, site)
    return [told(mail) for mail in site.mails.order_by("-id")[:SHOWN]]
