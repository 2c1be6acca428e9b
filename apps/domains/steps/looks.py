"""What is seen of a domain from outside, looked at and written down. Nothing waits for it to be good."""

from __future__ import annotations

from time import monotonic, sleep

from apps.domains.claiming import can_be_managed
from apps.domains.looking import look_at_certificate, look_at_dns
from apps.domains.models import Domain
from apps.host.errors import Refused
from apps.operations.flow import Step
from apps.operations.run import Run

DNS_WITHIN = 3.0
CERTIFIED_WITHIN = 2.0
"""Seconds for a certificate of the front's own authority, which is a matter of milliseconds."""


class LookUpDns(Step):
    """Where the name leads is shown. A name that does not lead here yet may be added all the same."""

    key = "domain-dns"

    def plan(self, run: Run) -> str:
        return f"Look up where {run.record(Domain)} leads; wherever that is, go on"

    def do(self, run: Run) -> None:
        look_at_dns([run.record(Domain)], DNS_WITHIN)


class SeeCertificate(Step):
    """Ask the front for the name as a visitor's browser does, and write down which certificate it shows."""

    key = "domain-certificate"

    def plan(self, run: Run) -> str:
        return f"See which certificate the front shows for {run.record(Domain)}"

    def do(self, run: Run) -> None:
        domain, until = run.record(Domain), monotonic() + CERTIFIED_WITHIN
        shown = look_at_certificate(domain, run.host)
        while not shown and domain.served and _is_made_here(domain) and monotonic() < until:
            sleep(0.01)
            shown = look_at_certificate(domain, run.host)
        if domain.pair is not None and domain.served and shown != domain.pair.fingerprint:
            raise Refused(f"The front does not show the certificate that was given for {domain}; all is as it was.")


def _is_made_here(domain: Domain) -> bool:
    return domain.tls == Domain.Tls.INTERNAL or not can_be_managed(domain.host)
