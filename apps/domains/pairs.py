"""A certificate of an owner's own: looked at before Caddy sees it, for one bad pair would have it refuse every site."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from django.utils.timezone import now

from apps.domains.certificates import covers, names_of

LONGEST = 100_000
"""Characters of a chain, and of a key."""
MOST = 10
RSA_BITS = 2048
CURVES = (ec.SECP256R1, ec.SECP384R1)
OLD_HASHES = ("md5", "sha1")
KEY_MARK = "PRIVATE KEY-----"


@dataclass(frozen=True)
class Checked:
    """A pair that may be served: *chain* and *key* hold what was found in the texts, and nothing besides."""

    chain: str
    key: str
    fingerprint: str
    not_after: datetime


class WrongCertificate(ValueError):
    """The certificate, or one of its chain, will not do."""


class WrongKey(ValueError):
    """The key will not do."""


def check_pair(host: str, certificate: str, key: str) -> Checked:
    """Parse both, hold them against each other and against *host*, and look at dates and strength.

    Raises WrongCertificate or WrongKey with a sentence for a person; nothing of the key is in it.
    """
    private, chain = _key(key), _chain(certificate)
    _must_belong_together(private, chain[0])
    _must_hold_together(chain)
    _must_be_for(host, chain[0])
    _must_be_in_time(chain[0])
    if (algorithm := chain[0].signature_hash_algorithm) and algorithm.name in OLD_HASHES:
        raise WrongCertificate(f"This certificate is signed with {algorithm.name}, which no browser takes; renew it.")
    return Checked(
        chain="".join(one.public_bytes(serialization.Encoding.PEM).decode() for one in chain),
        key=_written(private),
        fingerprint=chain[0].fingerprint(hashes.SHA256()).hex(),
        not_after=chain[0].not_valid_after_utc,
    )


def _chain(text: str) -> list[x509.Certificate]:
    if KEY_MARK in text:
        raise WrongCertificate("There is a private key among the certificates; it belongs into the other field.")
    try:
        chain = x509.load_pem_x509_certificates(_sized(text).encode())
    except ValueError as error:
        raise WrongCertificate(
            "This is no certificate in PEM form; paste all from -----BEGIN CERTIFICATE----- to the last -----END-----."
        ) from error
    if len(chain) > MOST:
        raise WrongCertificate(f"A chain has at most {MOST} certificates and this has {len(chain)}; leave some out.")
    return chain


def _key(text: str) -> PrivateKeyTypes:
    try:
        private = serialization.load_pem_private_key(_sized(text).encode(), password=None)
    except TypeError as error:
        raise WrongKey("This key has a passphrase; remove it first: openssl pkey -in key.pem -out open.pem.") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise WrongKey("This is no private key in PEM form; paste all of it, with its first and last line.") from error
    is_strong = isinstance(private, rsa.RSAPrivateKey) and private.key_size >= RSA_BITS
    is_strong |= isinstance(private, ec.EllipticCurvePrivateKey) and isinstance(private.curve, CURVES)
    if not is_strong:
        raise WrongKey("Browsers take RSA keys of 2048 bits or more, and those of the curves P-256 and P-384.")
    return private


def _sized(text: str) -> str:
    if len(text) > LONGEST:
        raise ValueError("too long")
    return text


def _must_belong_together(private: PrivateKeyTypes, leaf: x509.Certificate) -> None:
    if _public(private.public_key()) != _public(leaf.public_key()):
        raise WrongKey("This key is not that of the first certificate; give the two that were made together.")


def _must_hold_together(chain: list[x509.Certificate]) -> None:
    for one, above in pairwise(chain):
        try:
            one.verify_directly_issued_by(above)
        except (ValueError, TypeError, InvalidSignature) as error:
            raise WrongCertificate(
                "The certificates do not follow from each other; first comes the site's, then whose it was signed with."
            ) from error


def _must_be_for(host: str, leaf: x509.Certificate) -> None:
    names = names_of(leaf)
    if not covers(names, host):
        told = ", ".join(names[:5]) or "no name at all"
        raise WrongCertificate(f"This certificate is for {told}, and not for {host}; get one that names it.")


def _must_be_in_time(leaf: x509.Certificate) -> None:
    begins, ends = leaf.not_valid_before_utc, leaf.not_valid_after_utc
    if ends <= now():
        raise WrongCertificate(f"This certificate ended on {ends:%-d %B %Y}; renew it first.")
    if begins > now():
        raise WrongCertificate(f"This certificate begins on {begins:%-d %B %Y at %H:%M} UTC; come back then.")


def _public(key: object) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    written: bytes = key.public_bytes(serialization.Encoding.DER, form)  # type: ignore[attr-defined]
    return written


def _written(private: PrivateKeyTypes) -> str:
    form, nothing = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return private.private_bytes(serialization.Encoding.PEM, form, nothing).decode()
