"""What a certificate says of itself: the names that it is for, who signed it, and when it ends."""

from __future__ import annotations

from collections.abc import Iterable

from cryptography import x509
from cryptography.x509.oid import NameOID

from apps.host.printable import printable


def names_of(certificate: x509.Certificate) -> list[str]:
    """The host names that it is for. What stands elsewhere in it than there, no browser reads."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return [name.lower() for name in found.value.get_values_for_type(x509.DNSName)]


def issuer_of(certificate: x509.Certificate) -> str:
    """Who signed it, as a person knows him: ``Let's Encrypt R11``."""
    oids = (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME)
    words = [str(attribute.value) for oid in oids for attribute in certificate.issuer.get_attributes_for_oid(oid)]
    told = " ".join(words) or certificate.issuer.rfc4514_string()
    return printable(told, 200)


def covers(names: Iterable[str], host: str) -> bool:
    """Whether one of *names* is *host*, or stands for it: a ``*`` is one part of a name, the first."""
    return host in names or f"*.{host.partition('.')[2]}" in names
