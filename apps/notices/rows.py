"""Notices as a page shows them: with what may be done to each, and its last messages."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet

from apps.notices.acts import NOTICE
from apps.notices.badges import STATUS
from apps.notices.models import Delivery, Notice
from apps.notices.telling import label_of
from apps.notices.visible import in_full
from apps.operations.doors.forms import rows_of

SHOWN = 10


def rows(notices: QuerySet[Notice], user: User, *, busy: bool) -> list[dict[str, Any]]:
    """Three queries, however many there are."""
    return [
        {"row": row, "notice": row.subject, "messages": _messages(row.subject)}
        for row in rows_of(NOTICE, in_full(notices), user, busy=busy)
    ]


def _messages(notice: Notice) -> list[tuple[Delivery, str, str]]:
    shown = notice.deliveries.all()[:SHOWN]
    return [(one, label_of(one.event), STATUS[Delivery.Status(one.status)]) for one in shown]
