"""Outgoing mail: a relay for a server, another for a site, and a mail that tries it. The seed has no list for it."""

from __future__ import annotations

from typing import Any

from apps.lifecycle.requests import CHANGE, OPERATE, must_be, require
from apps.mail.models import PER_HOUR, Relay
from apps.mail.relays import checked, relay_at
from apps.mail.steps import SendTestMail, TryRelay, WriteRelay
from apps.operations import letterbox
from apps.operations.asking import Ask
from apps.operations.enqueue import enqueue
from apps.operations.entry import lifecycle
from apps.operations.flow import Flow
from apps.operations.models import Operation
from apps.operations.refusals import Invalid
from apps.servers.models import Server
from apps.sites.models import Site
from apps.sites.steps.status import CheckState

Status = Site.Status
CHANGEABLE = (Status.ACTIVE, Status.INACTIVE, Status.MAINTENANCE, Status.SUSPENDED)
PORT, SECURITY = 587, str(Relay.Security.STARTTLS)
SERVERS = "servers.change_server"
CHECK = CheckState(CHANGEABLE, "given a relay")

SITE_RELAY = Flow("site.relay", title="Relay for Mail", steps=(CHECK, TryRelay(), WriteRelay()))
SERVER_RELAY = Flow("server.relay", title="Relay for Mail", steps=(TryRelay(), WriteRelay()))
SITE_TEST = Flow("site.test", title="Test Mail", steps=(CHECK, SendTestMail()))
SERVER_TEST = Flow("server.test", title="Test Mail", steps=(SendTestMail(),))


@lifecycle("site.relay")
def set_site_relay(ask: Ask, /, site: Site, **asked: Any) -> Operation:
    """Send the mails of *site* through a relay of its own; without a host, through its server's again."""
    require(ask, "site:change", CHANGE, site)
    params = {"relay": _values(site.server, site, **asked)}
    operation = enqueue(SITE_RELAY, site, site.server, ask, params=params, resources=[f"site:{site.pk}"])
    must_be(site, operation, CHANGEABLE, "given a relay")
    return operation


@lifecycle("server.relay")
def set_server_relay(ask: Ask, /, server: Server, **asked: Any) -> Operation:
    """Send the mails of every site of *server* through a relay; without a host, no mail leaves any more."""
    require(ask, "server:change", SERVERS)
    params = {"relay": _values(server, None, **asked)}
    return enqueue(SERVER_RELAY, server, server, ask, params=params, resources=[f"server:{server.pk}"])


@lifecycle("site.test")
def try_site_mail(ask: Ask, site: Site, to: str) -> Operation:
    """Send a mail through the relay of *site*. What the relay answers where it will not is the operation's error."""
    require(ask, "site:operate", OPERATE, site)
    params = checked(to=to)
    operation = enqueue(SITE_TEST, site, site.server, ask, params=params, resources=[f"site:{site.pk}"])
    must_be(site, operation, CHANGEABLE, "tried with a mail")
    return operation


@lifecycle("server.test")
def try_server_mail(ask: Ask, server: Server, to: str) -> Operation:
    """The same with the relay of *server*."""
    require(ask, "server:change", SERVERS)
    return enqueue(SERVER_TEST, server, server, ask, params=checked(to=to), resources=[f"server:{server.pk}"])


def _values(server: Server, site: Site | None, *, host: str = "", password: str = "", **asked: Any) -> dict[str, Any]:
    """The relay's row as it shall be; empty where there shall be none. The password is sealed before it is anywhere.

    One that is not given stays, as long as host and login do: it was meant for them alone.
    """
    if not host.strip():
        return {}
    rest = {"port": PORT, "security": SECURITY, "login": "", "sender": "", "per_hour": PER_HOUR, **asked}
    values = checked(host=host, **rest)
    old = relay_at(server, site)
    is_same = old is not None and (old.host, old.login) == (values["host"], values["login"])
    if password and not values["login"]:
        raise Invalid("login", "Login: a password needs the name that it belongs to.")
    sealed = letterbox.post(server, password) if password else ""
    return {**values, "sealed_password": sealed or (old.sealed_password if old is not None and is_same else "")}
