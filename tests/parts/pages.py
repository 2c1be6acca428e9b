"""Pages of a site's own for a test."""

from __future__ import annotations

import os
import shutil

from django.conf import settings

from apps.sites.models import Site


def put_page(site: Site, relative: str, text: str) -> None:
    """A new file below the site's ``public``, its user's own: PHP keeps what it has compiled of an old one."""
    page = settings.PLACES.public(site.slug) / relative
    page.parent.mkdir(exist_ok=True)
    page.unlink(missing_ok=True)
    page.write_text(text)
    page.chmod(0o644)
    if os.geteuid() == 0:
        for path in (page.parent, page):
            shutil.chown(path, settings.PLACES.site_user(site.pk))
