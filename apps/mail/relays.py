"""Which relay a site's mails go to, and what may be set for one."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from apps.host.host import Host
from apps.host.smtp import Server as SmtpServer
from apps.mail import addresses
from apps.mail.models import Relay
from apps.operations import checking
from apps.operations.letterbox import take_out
from apps.servers.models import Server
from apps.sites.models import Site

SENDING = (Site.Status.ACTIVE, Site.Status.INACTIVE, Site.Status.MAINTENANCE)
PORTS = range(1, 65536)
MOST_PER_HOUR = 100_000
LONGEST = 200
FIELDS = ("host", "port", "security", "login", "sealed_password", "sender", "per_hour")


def relay_of(site: Site) -> Relay | None:
    """The site's own, else its server's, else none: then no mail leaves it."""
    found = Relay.objects.filter(Q(site=site) | Q(site=None, server=site.server_id))
    return next(iter(sorted(found, key=lambda relay: relay.site_id is None)), None)


def relay_at(server: Server, site: Site | None) -> Relay | None:
    """The row itself: of the site, or, for None, of the server."""
    return Relay.objects.filter(server=server, site=site).first()


def sites_with_mail(server: Server) -> QuerySet[Site]:
    """Those whose mails go somewhere. What a suspended site has handed over waits: spam may be why it is."""
    sites = Site.objects.filter(server=server, status__in=SENDING)
    return sites if relay_at(server, None) else sites.filter(relay__isnull=False)


def smtp_of(host: Host, values: Any, *, of_a_site: bool) -> SmtpServer:
    """*values* of a Relay as the driver takes them, with the password: for a runner only.

    One *of_a_site* was named by its owner, who shall not reach through a runner where he could not come by himself.
    """
    sealed = values["sealed_password"]
    password = take_out(host, sealed) if sealed else ""
    where = values["host"], values["port"], values["security"]
    return SmtpServer(*where, values["login"], password, anywhere=not of_a_site)


def smtp_for(host: Host, relay: Relay) -> SmtpServer:
    return smtp_of(host, values_of(relay), of_a_site=relay.site_id is not None)


def values_of(relay: Relay) -> dict[str, Any]:
    return {name: getattr(relay, name) for name in FIELDS}


def checked(**asked: Any) -> dict[str, Any]:
    """*asked* in normal form. Raises Invalid."""
    return checking.checked(CHECKS, asked)


def _port(number: int) -> int:
    if number not in PORTS:
        raise ValueError("a port from 1 to 65535")
    return number


def _security(word: str) -> str:
    if word not in Relay.Security.values:
        raise ValueError(" or ".join(Relay.Security.values))
    return word


def _login(text: str) -> str:
    if len(text) > LONGEST or not text.isprintable():
        raise ValueError(f"a name of at most {LONGEST} characters")
    return text


def _per_hour(number: int) -> int:
    if not 1 <= number <= MOST_PER_HOUR:
        raise ValueError(f"a whole number from 1 to {MOST_PER_HOUR}")
    return number


CHECKS: dict[str, Any] = {
    "host": addresses.host,
    "port": _port,
    "security": _security,
    "login": _login,
    "sender": addresses.address,
    "per_hour": _per_hour,
    "to": addresses.address,
}
