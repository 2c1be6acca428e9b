"""What can be asked for of those who are told, at every door."""

from __future__ import annotations

from typing import Any

from apps.lifecycle.notice import (
    CHANGEABLE,
    SCOPE,
    SERVERS,
    create_notice,
    delete_notice,
    notify_of_server,
    try_notice,
)
from apps.lifecycle.requests import CHANGE, may
from apps.notices.looks import VIEW, VIEW_SERVER, deliveries_of
from apps.notices.models import Notice
from apps.notices.shapes import NoticeShape
from apps.notices.visible import visible_to
from apps.operations.asking import Ask
from apps.operations.doors.table import Act, Field, Look, Noun

FIELDS = (
    Field("email", "Who gets a mail, as in ana@example.com. Empty: a webhook is told.", required=False),
    Field(
        "url",
        "The webhook's address: it gets JSON by POST, whose text chat programs show. Kept sealed.",
        "secret",
        required=False,
        label="Webhook",
    ),
    Field("secret", "What the webhook's messages are signed with. Empty: they are not.", "secret", required=False),
)


def _allowed(ask: Ask, act: Act | Look, subject: Any) -> bool:
    """Of a server's, what of a site's is a site's right is the right to servers."""
    if isinstance(subject, Notice) and subject.site is None:
        return ask.may(act.scope, VIEW_SERVER if act.permission == VIEW else SERVERS)
    return may(ask, act.scope, act.permission, subject.site if isinstance(subject, Notice) else subject)


NOTICE = Noun(
    name="notice",
    label="Notices",
    key="name",
    columns=("id", "name", "site", "kind", "to", "active", "last_status"),
    shape=NoticeShape,
    visible_to=visible_to,
    site_of=lambda notice: notice.site or notice.server,
    allowed=_allowed,
    parent="site",
    acts=(
        Act(
            "create",
            create_notice,
            SCOPE,
            CHANGE,
            "Tell somebody",
            "Tell somebody, by mail or by a webhook, when something of a site needs a hand.",
            "./panel notice create rose-sons --email ana@example.com",
            fields=FIELDS,
            offered=lambda site: site.status in CHANGEABLE,
            creates=True,
        ),
        Act(
            "test",
            try_notice,
            SCOPE,
            CHANGE,
            "Send a test",
            "Tell him that this is a test; what the other side answers is told.",
            "./panel notice test rose-sons.1",
        ),
        Act(
            "delete",
            delete_notice,
            SCOPE,
            CHANGE,
            "Tell no more",
            "Tell him nothing more, and forget what he was told.",
            "./panel notice delete rose-sons.1",
        ),
    ),
    looks=(
        Look(
            "watch",
            deliveries_of,
            "notice:read",
            VIEW,
            "Messages",
            "What he was told last, the newest first, and whether it was sent.",
            "./panel notice watch rose-sons.1",
            columns=("raised_at", "about", "subject", "status", "error"),
        ),
    ),
)
SERVER_ACTS = (
    Act(
        "notify",
        notify_of_server,
        "server:change",
        SERVERS,
        "Tell somebody",
        "Tell somebody, by mail or by a webhook, when something on a server needs a hand, its sites included.",
        "./panel server notify local --email admin@example.com",
        fields=FIELDS,
    ),
)
