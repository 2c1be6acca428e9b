"""Certificates and keys as an owner brings them: good ones, and each with one thing wrong."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from django.utils.timezone import now

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def a_pair(
    *hosts: str, begins: float = -1, ends: float = 90, key: Key | None = None, authority: bool = True
) -> tuple[str, str]:
    """A certificate for *hosts*, with its authority's behind it, and its key, in PEM. Days from now."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    made, signed_with = _authority()
    certificate = _signed(", ".join(hosts), key, begins, ends).add_extension(
        x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), critical=False
    )
    chain = [certificate.issuer_name(made.subject).sign(signed_with, hashes.SHA256()), *([made] if authority else [])]
    return "".join(map(pem, chain)), key_pem(key)


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def key_pem(key: Key, passphrase: bytes = b"") -> str:
    sealed: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase:
        sealed = serialization.BestAvailableEncryption(passphrase)
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, sealed).decode()


@cache
def _authority() -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    said = _signed("The tests' authority", key, -10, 365)
    said = said.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return said.issuer_name(_name("The tests' authority")).sign(key, hashes.SHA256()), key


def _signed(name: str, key: Key, begins: float, ends: float) -> x509.CertificateBuilder:
    return x509.CertificateBuilder(
        subject_name=_name(name[:60]),
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now() + timedelta(days=begins),
        not_valid_after=now() + timedelta(days=ends),
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
