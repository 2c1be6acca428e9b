"""A domain's DNS and certificate for a person. Red is only for what needs a hand."""

from __future__ import annotations

from datetime import timedelta

from django.utils.timezone import now

from apps.domains.models import Certificate, Domain

Badge = tuple[str, str]
"""A text and its colour."""
ENDS_SOON = timedelta(days=14)
DNS: dict[str, str] = {
    Domain.Dns.UNKNOWN: "",
    Domain.Dns.HERE: "success",
    Domain.Dns.ELSEWHERE: "warning",
    Domain.Dns.NOWHERE: "warning",
}


def dns_badge(domain: Domain) -> Badge:
    return domain.get_dns_display(), DNS[domain.dns]


def certificate_badge(domain: Domain) -> Badge:
    """Who signed what the front shows, and until when it holds; a pair that ends is the owner's own to renew."""
    found: Certificate | None = getattr(domain, "certificate", None)
    if found is None or found.state == Certificate.State.PENDING or found.not_after is None:
        failed = found is not None and found.state == Certificate.State.FAILED
        return ("No certificate", "danger") if failed else ("Certificate not seen yet", "")
    left, ends = found.not_after - now(), f"{found.not_after:%-d %b %Y}"
    if found.state == Certificate.State.FAILED:
        return "Wrong certificate", "danger"
    if left <= timedelta():
        return f"Certificate ended {ends}", "danger"
    if domain.tls == Domain.Tls.CUSTOM and left < ENDS_SOON:
        return f"Certificate ends {ends}", "warning"
    return f"TLS until {ends}", "success"
