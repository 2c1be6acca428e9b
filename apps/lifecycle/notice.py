"""Who is told when something needs a hand: of a site, or of a whole server. The seed has no list for it."""

from __future__ import annotations

from apps.lifecycle.requests import CHANGE, must_be, require
from apps.notices.models import Notice
from apps.notices.records import new_notice
from apps.notices.steps import LookAtNotice, SendTestNotice, SwitchNotice
from apps.operations.asking import Ask
from apps.operations.enqueue import enqueue
from apps.operations.entry import lifecycle
from apps.operations.flow import Flow
from apps.operations.models import Operation
from apps.operations.rows import NewRow, OldRow
from apps.servers.models import Server
from apps.sites.models import Site

Status = Site.Status
CHANGEABLE = (Status.ACTIVE, Status.INACTIVE, Status.MAINTENANCE, Status.SUSPENDED)
SERVERS = "servers.change_server"
SCOPE = "notice:change"

CREATE = Flow(
    "notice.create", title="New Recipient", steps=(LookAtNotice(), SwitchNotice(active=True)), records=NewRow(Notice)
)
NOTIFY = Flow(
    "server.notify", title="New Recipient", steps=(LookAtNotice(), SwitchNotice(active=True)), records=NewRow(Notice)
)
TEST = Flow("notice.test", title="Test Notice", steps=(LookAtNotice(), SendTestNotice()))
DELETE = Flow("notice.delete", title="Recipient Removal", steps=(SwitchNotice(active=False),), records=OldRow(Notice))


@lifecycle("notice.create")
def create_notice(ask: Ask, site: Site, *, email: str = "", url: str = "", secret: str = "") -> Operation:
    """Tell somebody when something of *site* needs a hand: by mail, or by a webhook that is signed with *secret*."""
    require(ask, SCOPE, CHANGE, site)
    notice = new_notice(site.server, site, email=email, url=url, secret=secret)
    operation = _enqueue(CREATE, ask, notice)
    must_be(site, operation, CHANGEABLE, "given somebody to be told")
    return operation


@lifecycle("server.notify")
def notify_of_server(ask: Ask, server: Server, *, email: str = "", url: str = "", secret: str = "") -> Operation:
    """The same of everything on *server*, its sites included."""
    require(ask, "server:change", SERVERS)
    return _enqueue(NOTIFY, ask, new_notice(server, None, email=email, url=url, secret=secret))


@lifecycle("notice.test")
def try_notice(ask: Ask, notice: Notice) -> Operation:
    """Tell him that this is a test. What the other side answers where it will not is the operation's error."""
    _require(ask, notice)
    return _enqueue(TEST, ask, notice)


@lifecycle("notice.delete")
def delete_notice(ask: Ask, notice: Notice) -> Operation:
    """Tell him nothing more, and forget what he was told."""
    _require(ask, notice)
    return _enqueue(DELETE, ask, notice)


def _require(ask: Ask, notice: Notice) -> None:
    require(ask, SCOPE, CHANGE if notice.site else SERVERS, notice.site)


def _enqueue(flow: Flow, ask: Ask, notice: Notice) -> Operation:
    subject = notice.site or notice.server
    resources = [f"{subject._meta.model_name}:{subject.pk}"]
    return enqueue(flow, subject, notice.server, ask, params={"notice_id": notice.pk}, resources=resources)
