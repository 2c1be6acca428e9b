"""What can be asked for of a server, at every door: for the host's people."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import QuerySet

from apps.backups.server_acts import SERVER_ACTS as ARCHIVES
from apps.backups.server_acts import SERVER_LOOKS
from apps.browser.acts import SERVER_ACTS as BROWSER
from apps.mail.acts import SERVER_ACTS as MAIL
from apps.notices.acts import SERVER_ACTS as NOTICES
from apps.operations.asking import Ask
from apps.operations.doors.table import Act, Look, Noun
from apps.servers.models import Server
from apps.servers.shapes import ServerShape


def _visible_to(user: User | AnonymousUser) -> QuerySet[Server]:
    seen = user.is_active and user.has_perm("servers.view_server")
    return Server.objects.order_by("name").prefetch_related("relays", "backup_keys") if seen else Server.objects.none()


def _allowed(ask: Ask, act: Act | Look, server: Server) -> bool:
    return ask.may(act.scope, act.permission)


SERVER = Noun(
    name="server",
    label="Servers",
    key="name",
    columns=("id", "name", "first_port", "last_port"),
    shape=ServerShape,
    visible_to=_visible_to,
    site_of=lambda server: server,
    allowed=_allowed,
    acts=(*MAIL, *NOTICES, *BROWSER, *ARCHIVES),
    looks=SERVER_LOOKS,
)
