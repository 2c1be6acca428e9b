"""What a server does for its sites' mails by itself."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from django.utils.timezone import now

from apps.cron.waking import queue_of
from apps.host.host import Host
from apps.mail.models import Mail
from apps.mail.relays import sites_with_mail
from apps.operations import sending
from apps.operations.chores import chore
from apps.servers.models import Server


@chore("mail", every=5)
def look_into_the_postboxes(server: Server, host: Host) -> list[int]:
    """Wake a hand for each site that has something to send. Two queries, and a look into each folder."""
    waiting = _waiting(server)
    sites = sites_with_mail(server).order_by("pk").values_list("pk", flat=True)
    found = [site for site in sites if _has_something(set(host.postbox.names(site)), waiting[site])]
    for site in found:
        sending.wake("mail.deliver", queue_of(server.name), site=site)
    return found


def _has_something(files: set[str], waiting: dict[str, datetime]) -> bool:
    """One that nobody has written down yet, one whose time has come, or one that has vanished."""
    return files != set(waiting) or any(due_at <= now() for due_at in waiting.values())


def _waiting(server: Server) -> dict[int, dict[str, datetime]]:
    found: dict[int, dict[str, datetime]] = defaultdict(dict)
    mails = Mail.objects.filter(site__server=server, status=Mail.Status.WAITING)
    for site, file, due_at in mails.values_list("site_id", "file", "due_at"):
        found[site][file] = due_at
    return found
