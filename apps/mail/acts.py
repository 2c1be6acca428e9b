"""What can be asked for of outgoing mail: of a site, and of its server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apps.lifecycle.mail import (
    CHANGEABLE,
    PORT,
    SECURITY,
    SERVERS,
    set_server_relay,
    set_site_relay,
    try_server_mail,
    try_site_mail,
)
from apps.lifecycle.requests import CHANGE, OPERATE
from apps.mail.looks import VIEW, mails_of
from apps.mail.models import PER_HOUR, Relay
from apps.mail.relays import relay_at, relay_of
from apps.operations.doors.table import Act, Choices, Field, Look
from apps.servers.models import Server
from apps.sites.models import Site

Subject = Site | Server
TO = Field("to", "Where the mail goes.", label="To")


def _relay(subject: Subject) -> Relay | None:
    site = subject if isinstance(subject, Site) else None
    return relay_at(site.server if site else subject, site)  # type: ignore[arg-type]


def _now(name: str, standard: Any = "") -> Callable[[Subject], Any]:
    return lambda subject: getattr(_relay(subject), name, standard)


def _securities(subject: Subject) -> list[tuple[str, str]]:
    return [(str(value), str(label)) for value, label in Relay.Security.choices]


def _fields(empty: str) -> tuple[Field, ...]:
    kinds: Choices = _securities
    return (
        Field("host", f"The relay, as in smtp.example.com. Empty: {empty}.", required=False, initial=_now("host")),
        Field("port", f"Empty: {PORT}.", "number", required=False, initial=_now("port", PORT)),
        Field(
            "security",
            f"starttls, tls or none. Empty: {SECURITY}.",
            required=False,
            choices=kinds,
            initial=_now("security", SECURITY),
        ),
        Field("login", "The name to log in with there. Empty: none.", required=False, initial=_now("login")),
        Field("password", "Empty: the one that is known, for the same host and login.", "secret", required=False),
        Field("sender", "The envelope sender of each mail: failures go there.", required=False, initial=_now("sender")),
        Field(
            "per_hour",
            f"Recipients that a site may have in an hour; the rest waits. Empty: {PER_HOUR}.",
            "number",
            required=False,
            label="Recipients an hour",
            initial=_now("per_hour", PER_HOUR),
        ),
    )


SITE_ACTS = (
    Act(
        "relay",
        set_site_relay,
        "site:change",
        CHANGE,
        "Relay for mail",
        "Send a site's mails through a relay of its own. One that does not answer, or refuses the login, is not taken.",
        "./panel site relay rose-sons --host smtp.example.com --login rose --password-file - --sender rose@example.com",
        fields=_fields("the server's relay again"),
        offered=lambda site: site.status in CHANGEABLE,
    ),
    Act(
        "test",
        try_site_mail,
        "site:operate",
        OPERATE,
        "Send a test mail",
        "Send a mail through a site's relay; what the relay answers is told.",
        "./panel site test rose-sons rose@example.com",
        fields=(TO,),
        offered=lambda site: site.status in CHANGEABLE and relay_of(site) is not None,
    ),
)
SITE_LOOKS = (
    Look(
        "mails",
        mails_of,
        "site:read",
        VIEW,
        "Mails",
        "The last mails that a site handed over, the newest first: which were sent, and why one was not.",
        "./panel site mails rose-sons",
        columns=("handed_at", "status", "to", "recipients", "subject", "error"),
    ),
)
SERVER_ACTS = (
    Act(
        "relay",
        set_server_relay,
        "server:change",
        SERVERS,
        "Relay for mail",
        "Send the mails of all sites of a server through a relay, save those that have one of their own.",
        "./panel server relay local --host smtp.example.com --login host --password-file - --sender mail@example.com",
        fields=_fields("no mail leaves"),
    ),
    Act(
        "test",
        try_server_mail,
        "server:change",
        SERVERS,
        "Send a test mail",
        "Send a mail through a server's relay; what the relay answers is told.",
        "./panel server test local admin@example.com",
        fields=(TO,),
        offered=lambda server: relay_at(server, None) is not None,
    ),
)
