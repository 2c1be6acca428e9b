"""What a server does for its workers by itself."""

from __future__ import annotations

import logging

from apps.host import site_logs
from apps.host.errors import HostError
from apps.host.host import Host
from apps.host.supervisor import rotation
from apps.operations.chores import chore
from apps.servers.models import Server
from apps.sites.models import Site

MEBIBYTE = 1024 * 1024
LIMIT, KEEP = 20 * MEBIBYTE, 5
"""As the worker rolls its access log: bytes of one file, and how many older ones there are."""
logger = logging.getLogger(__name__)


@chore("rotate-logs", every=60)
def rotate_logs(server: Server, host: Host) -> None:
    """Of sites in any state. Costs a look at two files a site where nothing has grown."""
    for pk, slug in Site.objects.filter(server=server).values_list("pk", "slug"):
        log = host.places.worker_log(slug)
        try:
            if site_logs.has_grown(log, LIMIT):
                rotation.rotate(host.places.root, log, LIMIT, KEEP)
            if site_logs.have_grown(host.places.site_logs(slug), LIMIT):
                owner = host.users.identity(host.places.site_user(pk))
                site_logs.rotate_as(owner, host.places.site_logs(slug), LIMIT, KEEP)
        except HostError as error:
            logger.warning("a log of %s is not rotated: %s", slug, error)
