"""What is said: several things that came together in one message, as a mail or as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.timezone import now

from apps.notices.models import Event, Notice
from apps.notices.watching import WATCHES

MOST = 50
"""Things in one message; of the rest it tells how many."""
TEST = "This message shows that you are told when something on {} needs a hand."


def label_of(event: Event) -> str:
    return WATCHES[event.kind].label if event.kind in WATCHES else event.kind


def page_of(event: Event) -> str:
    """Where the panel shows it."""
    if event.subject_kind == "operation":
        path = reverse("admin:operations_operation_change", args=[event.subject_id])
    elif event.site_id is not None:
        path = reverse("admin:sites_site_change", args=[event.site_id])
    else:
        path = reverse("admin:index")
    return f"https://{settings.PANEL_HOST}:{settings.HTTPS_PORT}{path}"


def in_words(notice: Notice, events: Sequence[Event]) -> tuple[str, str]:
    """What it is about, in one line, and the text. Without *events* it is a test."""
    whose = notice.site.slug if notice.site else notice.server.name
    if not events:
        return f"[FrankenPanel {whose}] A test", TEST.format(whose)
    first = f"{label_of(events[0])}: {events[0].subject_label}"
    about = first if len(events) == 1 else f"{len(events)} things need a hand"
    told = [f"{label_of(one)}.\n{one.text}\n{page_of(one)}" for one in events[:MOST]]
    more = [f"And {len(events) - MOST} more."] if len(events) > MOST else []
    return f"[FrankenPanel {notice.server.name}] {about}"[:150], "\n\n".join([*told, *more])


def as_mail(notice: Notice, events: Sequence[Event], sender: str) -> bytes:
    """As a relay takes it. Machines that answer mails leave such a one alone."""
    about, text = in_words(notice, events)
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = sender, notice.to, about
    mail["Date"], mail["Message-ID"] = format_datetime(now()), make_msgid(domain=sender.partition("@")[2])
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(f"{text}\n")
    return mail.as_bytes()


def as_json(notice: Notice, events: Sequence[Event]) -> bytes:
    """*text* alone is what chat programs show."""
    about, text = in_words(notice, events)
    said = {"text": f"{about}\n{text}", "server": notice.server.name, "events": [_told(one) for one in events[:MOST]]}
    return json.dumps(said).encode()


def _told(event: Event) -> dict[str, Any]:
    return {
        "id": event.pk,
        "kind": event.kind,
        "label": label_of(event),
        "subject": {"kind": event.subject_kind, "id": event.subject_id, "name": event.subject_label},
        "site": event.site.slug if event.site else None,
        "text": event.text,
        "at": event.raised_at.isoformat(),
        "page": page_of(event),
    }
