"""The tabs of a site's page in the admin. Each app registers its own in its ``admin`` module."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from apps.operations.refusals import Missing
from apps.sites.models import Site


def always(site: Site) -> bool:
    return True


@dataclass(frozen=True)
class Tab:
    """*template* extends ``admin/sites/site/page.html`` and fills its block ``tab``; *context* gives it what it shows.

    *order*: from the left. *shown*: whether a site has this tab at all.
    """

    key: str
    label: str
    order: int
    template: str
    context: Callable[[HttpRequest, Site], dict[str, Any]]
    shown: Callable[[Site], bool] = always


TABS: dict[str, Tab] = {}


def register(tab: Tab) -> None:
    TABS[tab.key] = tab


def tabs_of(site: Site) -> list[Tab]:
    """From the left. One that is deleted has none: all that can be done with it stands on its first page."""
    if site.status == Site.Status.DELETED:
        return []
    return sorted((tab for tab in TABS.values() if tab.shown(site)), key=lambda tab: tab.order)


def tab_of(site: Site, key: str) -> Tab:
    """Raises Missing for one that this site does not have."""
    tab = next((tab for tab in tabs_of(site) if tab.key == key), None)
    if tab is None:
        raise Missing(f"{site.slug} has no page {key[:40]!r}.")
    return tab
