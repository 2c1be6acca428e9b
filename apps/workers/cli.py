"""The php.ini of a site's scripts on the command line: the worker's own, but for what only a visitor needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.sites.settings import ini_of
from apps.workers.config import own_ini
from apps.workers.php_ini import php_ini

if TYPE_CHECKING:
    from apps.sites.models import Site
    from frankenpanel.places import Places

VISITORS = ("max_execution_time", "max_input_time", "error_log")
"""A script may take as long as whoever starts it lets it, and what goes wrong is part of what it says."""


def cli_ini(places: Places, site: Site) -> str:
    lines = php_ini(own_ini(places, site.pk, site.slug), ini_of(site.chosen))
    lines |= {"display_errors": "On", "html_errors": "Off"}
    return "".join(f"{name}={value}\n" for name, value in lines.items() if name not in VISITORS)
