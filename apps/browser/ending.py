"""The end of a browsing: its process, what PHP remembered for it, its row."""

from __future__ import annotations

import logging

from apps.browser.models import Browsing
from apps.browser.questions import FOLDER, session_of
from apps.host.errors import HostError
from apps.host.host import Host

logger = logging.getLogger(__name__)


def end(browsing: Browsing, host: Host) -> None:
    """It having ended is no error. What PHP remembered lies in the site's own folder, and may have gone with it."""
    host.browsers.end(browsing.pk)
    site = browsing.database.site
    try:
        owner = host.users.identity(host.places.site_user(site.pk))
        host.site_files.remove(owner, site.slug, f"{FOLDER}/sess_{session_of(browsing)}")
    except HostError as error:
        logger.info("what %s was told stays in its site's folder: %s", browsing, error)
    browsing.delete()
