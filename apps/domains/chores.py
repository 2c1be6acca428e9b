"""What is looked at anew from time to time: Caddy renews certificates, and people point names elsewhere."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils.timezone import now

from apps.domains.looking import look_at_certificate, look_at_dns
from apps.domains.models import Certificate, Domain, Pair
from apps.domains.steps.pairs import write_pair
from apps.host.host import Host
from apps.operations.chores import chore
from apps.servers.models import Server

AT_ONCE = 20
DNS_WITHIN = 1.0
OFTEN, SELDOM = timedelta(minutes=5), timedelta(hours=6)


@chore("domain-certificates", every=60)
def look_at_certificates(server: Server, host: Host) -> None:
    """Those that were not seen yet or failed every five minutes, the others a few times a day; the oldest first."""
    good = Q(certificate__state=Certificate.State.SERVED, certificate__looked_at__gt=now() - SELDOM)
    recent = Q(certificate__looked_at__gt=now() - OFTEN)
    due = _served_by(server).exclude(good).exclude(recent).order_by("certificate__looked_at")
    for domain in due[:AT_ONCE]:
        look_at_certificate(domain, host)


@chore("domain-dns", every=60)
def look_up_names(server: Server, host: Host) -> None:
    """Those that do not lead here every five minutes, the others a few times a day; the oldest first."""
    good = Q(dns=Domain.Dns.HERE, dns_looked_at__gt=now() - SELDOM)
    due = _served_by(server).exclude(good).exclude(dns_looked_at__gt=now() - OFTEN).order_by("dns_looked_at")
    look_at_dns(due[:AT_ONCE], DNS_WITHIN)


@chore("domain-pairs", every=3600)
def keep_pairs(server: Server, host: Host) -> None:
    """The files of owners' certificates follow the records: those that are missing are written, others removed."""
    pairs = {host.places.pair(pair.pk): pair for pair in Pair.objects.filter(site__server=server)}
    for file in host.places.pair(0).parent.glob("*.pem"):
        if file not in pairs:
            host.files.remove(file)
    for file, pair in pairs.items():
        if not file.exists() and pair.domains.filter(served=True).exists():
            write_pair(host, pair)


def _served_by(server: Server) -> QuerySet[Domain]:
    return Domain.objects.filter(site__server=server, served=True)
