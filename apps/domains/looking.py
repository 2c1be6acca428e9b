"""What is seen of a domain from outside: where its name leads, and which certificate the front shows for it."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.timezone import now

from apps.domains.models import Certificate, Domain
from apps.host.caddy_log import why_no_certificate
from apps.host.caddy_tls import served_certificate
from apps.host.dns import is_loopback, look_up, own_addresses
from apps.host.errors import Unavailable

if TYPE_CHECKING:
    from apps.host.host import Host

State = Certificate.State


def look_at_dns(domains: Iterable[Domain], within: float) -> None:
    """Look all of them up at once and write down where they lead. One without an answer in time stays as it is."""
    domains, here = list(domains), addresses()
    found = look_up({domain.host for domain in domains}, within)
    for domain in domains:
        if domain.host in found:
            led = found[domain.host]
            facts = {"dns": _leads(led, here), "dns_addresses": led, "dns_looked_at": now()}
            Domain.objects.filter(pk=domain.pk).update(**facts)


def addresses() -> set[str]:
    """Those at which visitors reach this server: as the settings say, else those of its interfaces.

    A front that listens on the loopback alone is reached there.
    """
    if settings.ADDRESSES:
        return set(settings.ADDRESSES)
    return {one for one in own_addresses() if not (settings.PRODUCTION and is_loopback(one))}


def look_at_certificate(domain: Domain, host: Host) -> str:
    """See which certificate the front shows for *domain* and write it down. Returns its fingerprint, "" for none."""
    der = _shown(domain)
    seen = _read(domain, der) if der else _missing(domain, host)
    Certificate.objects.update_or_create(domain=domain, defaults={**seen, "looked_at": now()})
    return sha256(der).hexdigest() if der else ""


def _leads(led: list[str], here: set[str]) -> Domain.Dns:
    if not led:
        return Domain.Dns.NOWHERE
    return Domain.Dns.HERE if here.intersection(led) else Domain.Dns.ELSEWHERE


def _shown(domain: Domain) -> bytes | None:
    try:
        return served_certificate(domain.host, settings.HTTPS_PORT) if domain.served else None
    except Unavailable:
        return None


def _read(domain: Domain, der: bytes) -> dict[str, Any]:
    from cryptography import x509  # noqa: PLC0415 - 4 MB that few processes need

    from apps.domains.certificates import covers, issuer_of, names_of  # noqa: PLC0415 - as above

    certificate = x509.load_der_x509_certificate(der)
    names = names_of(certificate)
    fits = covers(names, domain.host)
    return {
        "state": State.SERVED if fits else State.FAILED,
        "issuer": issuer_of(certificate),
        "not_before": certificate.not_valid_before_utc,
        "not_after": certificate.not_valid_after_utc,
        "names": names,
        "error": "" if fits else f"The front shows a certificate that is for {', '.join(names) or 'no name'}.",
    }


def _missing(domain: Domain, host: Host) -> dict[str, Any]:
    """None is shown: it is being ordered, or Caddy's log says why there is none."""
    error = why_no_certificate(host.places.logs("front") / "caddy.log", domain.host)
    nothing: dict[str, Any] = {"issuer": "", "not_before": None, "not_after": None, "names": []}
    return {**nothing, "state": State.FAILED if error else State.PENDING, "error": error}
