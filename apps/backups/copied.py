"""What of a site its copy has too, and what would be the other's there."""

from __future__ import annotations

from typing import Any

from apps.sites.models import Site
from apps.sites.settings import SETTINGS, merged


def settings_of(facts: dict[str, Any]) -> dict[str, str]:
    """PHP's settings travel; what the front does for one site (passwords, proxies, redirects) is not another's."""
    chosen = facts.get("settings", {}).items()
    return merged({}, {key: value for key, value in chosen if key in SETTINGS and not SETTINGS[key].front})


def rewriting_back(facts: dict[str, Any], site: Site) -> dict[str, str]:
    """From the address that *site* had when it was saved to the one that it has now; nothing where that is the same.

    Of what came from elsewhere, from every address that it had.
    """
    was = facts.get("site", {})
    if "report" in facts:
        return rewriting(was, site)
    old, new = str(was.get("url", "")).removeprefix("https://"), site.url.removeprefix("https://")
    return {old: new} if old and old != new else {}


def rewriting(was: dict[str, Any], site: Site) -> dict[str, str]:
    """From every address that the other site had to the one of *site*."""
    old = [str(was.get("url", "")).removeprefix("https://"), *map(str, was.get("domains", []))]
    new = site.url.removeprefix("https://")
    return {address: new for address in dict.fromkeys(old) if address and address != new}
