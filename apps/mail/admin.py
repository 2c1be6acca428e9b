"""A site's outgoing mail, on its page: where it goes, and what became of the last."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from apps.mail.acts import SITE_ACTS
from apps.mail.badges import STATUS
from apps.mail.looks import SHOWN
from apps.mail.models import Mail
from apps.mail.relays import relay_of
from apps.mail.sending import sent_in_the_last_hour
from apps.operations.admin_base import user_of
from apps.operations.doors.forms import links_of
from apps.operations.doors.table import Noun
from apps.operations.models import Operation
from apps.sites.models import Site
from apps.sites.tabs import Tab, register

BUSY = (*Operation.LIVE, Operation.Status.STUCK)
OURS = {act.label for act in SITE_ACTS}


def _context(request: HttpRequest, site: Site) -> dict[str, Any]:
    """The relay, and the last mails: a flat number of queries."""
    busy = Operation.objects.filter(subject_kind="site", subject_id=site.pk, status__in=BUSY).exists()
    links = [] if busy else links_of(Noun.REGISTERED["site"], site, user_of(request))
    mails = site.mails.order_by("-id")[:SHOWN]
    return {
        "relay": relay_of(site),
        "relay_acts": [link for link in links if link.label in OURS],
        "in_an_hour": sent_in_the_last_hour(site),
        "mails": [(mail, STATUS[Mail.Status(mail.status)]) for mail in mails],
        "busy": busy,
    }


register(Tab("mail", "Mail", 45, "admin/mail/mail/tab.html", _context))
