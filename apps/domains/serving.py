"""The front as a whole: one file rendered from the records, and one hand at a time that loads it."""

from __future__ import annotations

import json
from functools import partial
from hashlib import sha256
from time import monotonic, sleep
from typing import TYPE_CHECKING, NamedTuple, cast

from django.conf import settings
from django.db import transaction

from apps.domains.caddyfile import difference, render, wanted_routes
from apps.domains.front import Acme, FrontFacts, FrontSite, State, is_private
from apps.domains.models import Domain
from apps.domains.quarantine import Settled, known_alone, offered, separated
from apps.domains.rows import Row, rows_of
from apps.domains.specials import accepted, note, special_of
from apps.host import oplock
from apps.host.caddy import routes
from apps.host.caddy_light import lighten
from apps.host.caddy_tls import served_certificate
from apps.host.errors import HostError, Refused
from apps.servers.models import Server
from apps.sites.models import Site

if TYPE_CHECKING:
    from apps.host.host import Host
    from apps.host.vault import Vault

CERTIFIED_WITHIN = 0.5


class Reading(NamedTuple):
    """The front's file, and the JSON that Caddy reads it as."""

    text: str
    config: str


def facts_of(server: Server, vault: Vault | None = None) -> FrontFacts:
    """Everything that the front of *server* should serve, from the records alone. Without *vault* no pass is known."""
    sites = tuple(_site(site, vault) for site in rows_of(server))
    return _front(sites, settings.BROWSER_HOST if server.browser else "")


def sockets() -> tuple[str, ...]:
    """What whoever starts the front opens for it; see ``apps.host.hand_over``."""
    return _front(()).sockets


def _front(sites: tuple[FrontSite, ...], browser_host: str = "") -> FrontFacts:
    return FrontFacts(
        places=settings.PLACES,
        http_port=settings.HTTP_PORT,
        https_port=settings.HTTPS_PORT,
        panel_host=settings.PANEL_HOST,
        panel_socket=settings.PLACES.run / "panel" / "web.sock",
        sites=sites,
        bind=() if settings.PRODUCTION else ("127.0.0.1",),
        acme=Acme(*settings.ACME),
        inherited=settings.FRONT_INHERITS,
        upload_mb=2 * settings.UPLOAD_MB,  # what is a little too long hears from the panel how long it may be
        browser_host=browser_host,
    )


def _site(site: Row, vault: Vault | None) -> FrontSite:
    shut = site.front == Site.Front.MAINTENANCE
    return FrontSite(
        id=site.pk,
        hosts=tuple(name.host for name in site.names),
        state=cast(State, site.front),
        port=site.port or 0,
        token=vault.open(site.sealed_pass) if vault and shut and site.sealed_pass else "",
        special=special_of(site),
        internal=tuple(name.host for name in site.names if name.tls == Domain.Tls.INTERNAL),
    )


def write_next(server: Server, host: Host) -> str:
    """Render the whole Caddyfile to ``Caddyfile.next``. Nothing is loaded, and nobody reads it."""
    text = render(cold_facts(server, host.vault))
    host.files.write(host.places.caddyfile_next, text, 0o644)
    return text


def cold_facts(server: Server, vault: Vault | None = None) -> FrontFacts:
    """What the front may be started with before Caddy can be asked: no special block that it did not take before."""
    return known_alone(facts_of(server, vault), accepted(server))


def write_and_check(server: Server, host: Host) -> Settled:
    """The same, and let Caddy read it: each changed special block by itself, then the whole file.

    Refused when Caddy refuses that, or when the hosts and ports that Caddy read differ from the records.
    """
    known = accepted(server)
    return offered(separated(facts_of(server, host.vault), host.front, known), known, partial(_write, host))


def _write(host: Host, facts: FrontFacts) -> Reading:
    """Write the file, and have Caddy read it, unless that very file was read last: then it is known how."""
    text = render(facts)
    host.files.write(host.places.caddyfile_next, text, 0o644)
    seal, last = _seal(host, facts, text), host.places.caddyfile_next.with_name("Caddyfile.read")
    known, _, config = last.read_text().partition("\n") if last.exists() else ("", "", "")
    if known == seal:
        return Reading(text, config)
    adapted = host.front.adapt(text)
    lighten(adapted, facts.own)
    unlike = difference(facts, routes(adapted))
    if unlike:
        raise Refused(unlike)
    config = json.dumps(adapted, separators=(",", ":"))
    host.files.write(last, f"{seal}\n{config}", 0o600)
    return Reading(text, config)


def _seal(host: Host, facts: FrontFacts, text: str) -> str:
    """Of what was read, by whom, and what the records want it to say: the same of all three needs no second look."""
    said = json.dumps([host.front.mark, wanted_routes(facts), text], sort_keys=True)
    return sha256(said.encode()).hexdigest()


def load(server: Server, host: Host, wanted: int) -> bool:
    """Load the newest state once, for everybody who wants it. False while another hand is at it.

    The domains are marked as loaded before Caddy has them and unmarked after it has dropped them, so that a crash
    between can only make the panel take one off twice.
    """
    server.refresh_from_db()
    if server.front_loaded >= wanted:
        return True
    lock = host.places.locks / f"front-{server.name}.lock"
    descriptor = oplock.acquire(lock)
    if descriptor is None:
        return False
    try:
        _load(server, host)
    finally:
        oplock.release(lock, descriptor, remove=False)
    return True


def _load(server: Server, host: Host) -> None:
    server.refresh_from_db()
    newest = server.front_wanted
    ours = Domain.objects.filter(site__server=server)
    with transaction.atomic():
        fresh = list(ours.filter(served=True, loaded=False).values_list("pk", flat=True))
        ours.filter(pk__in=fresh).update(loaded=True)
    text, settled = _send(server, host, fresh)
    host.files.write(host.places.caddyfile, text, 0o644)
    with transaction.atomic():
        ours.filter(served=False, loaded=True).update(loaded=False)
        note(server, settled)
        Server.objects.filter(pk=server.pk, front_loaded__lt=newest).update(front_loaded=newest)


def _send(server: Server, host: Host, fresh: list[int]) -> tuple[str, Settled]:
    """Give Caddy the newest. Where it is sure that Caddy has not taken it, it does not have the *fresh* ones."""
    sent: list[str] = []

    def offer(facts: FrontFacts) -> None:
        reading = _write(host, facts)
        sent.append(reading.text)
        host.front.load(*reading)

    try:
        known = accepted(server)
        settled = offered(separated(facts_of(server, host.vault), host.front, known), known, offer)
    except HostError as error:
        if not sent or isinstance(error, Refused):
            Domain.objects.filter(pk__in=fresh).update(loaded=False)
        raise
    return sent[-1], settled


def must_have(site: Site, known: str = "") -> None:
    """Refused when the front has left out the own block of *site* for another reason than the *known* one."""
    site.refresh_from_db(fields=["front_fault"])
    if site.front_fault not in ("", known):
        raise Refused(site.front_fault)


def has_certificates(site: Site) -> bool:
    """Whether the front completes a TLS handshake for each name that its own authority certifies.

    Caddy makes these after it has answered a load: for some milliseconds a new name has none. Waits for half a
    second at most. A public authority takes its time, so its names are not waited for.
    """
    acme, until = Acme(*settings.ACME), monotonic() + CERTIFIED_WITHIN
    own = [one for one in site.domains.all() if one.tls != Domain.Tls.CUSTOM]
    missing = [
        one.host for one in own if one.tls == Domain.Tls.INTERNAL or is_private(one.host, settings.HTTPS_PORT, acme)
    ]
    while missing:
        missing = [host for host in missing if served_certificate(host, settings.HTTPS_PORT) is None]
        if monotonic() > until:
            break
        sleep(0.005 if missing else 0)
    return not missing
