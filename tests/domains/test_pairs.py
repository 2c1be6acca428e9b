"""A certificate of an owner's own, before Caddy sees it."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from apps.domains.pairs import LONGEST, WrongCertificate, WrongKey, check_pair
from tests.parts.pairs import a_pair, key_pem

HOST = "shop.example.com"
WEAK = rsa.generate_private_key(65537, 1024)  # noqa: S505 - what is refused


def test_a_pair_that_is_in_order_is_taken_as_it_was_parsed_and_not_as_it_was_written() -> None:
    chain, key = a_pair(HOST, "www.shop.example.com")
    checked = check_pair(HOST, f"subject=shop\n{chain}\n; import /etc/passwd\n", f"junk\n{key}")
    assert (checked.chain, checked.key) == (chain, key)
    assert len(checked.fingerprint) == 64


@pytest.mark.parametrize("host", ["shop.example.com", "blog.example.com"])
def test_a_wildcard_stands_for_one_part_of_a_name(host: str) -> None:
    chain, key = a_pair("*.example.com")
    assert check_pair(host, chain, key)
    for other in ("example.com", "a.b.example.com"):
        with pytest.raises(WrongCertificate, match=f"and not for {other}"):
            check_pair(other, chain, key)


@pytest.mark.parametrize("key", [ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048)])
def test_keys_that_browsers_take(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> None:
    assert check_pair(HOST, *a_pair(HOST, key=key))


@pytest.mark.parametrize(
    ("pair", "error", "words"),
    [
        (a_pair("other.example.com"), WrongCertificate, "is for other.example.com, and not for shop"),
        (a_pair(HOST, begins=-20, ends=-1), WrongCertificate, "ended on"),
        (a_pair(HOST, begins=1), WrongCertificate, "begins on"),
        ((a_pair(HOST)[0], a_pair(HOST)[1]), WrongKey, "not that of the first certificate"),
        ((a_pair(HOST)[1], a_pair(HOST)[1]), WrongCertificate, "belongs into the other field"),
        ((a_pair(HOST)[0], a_pair(HOST)[0]), WrongKey, "no private key in PEM form"),
        (("", a_pair(HOST)[1]), WrongCertificate, "no certificate in PEM form"),
        ((a_pair(HOST)[0], ""), WrongKey, "no private key in PEM form"),
        (("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", a_pair(HOST)[1]), WrongCertificate, "PEM"),
        ((a_pair(HOST)[0] + "x" * LONGEST, a_pair(HOST)[1]), WrongCertificate, "PEM"),
        ((a_pair(HOST)[0] * 6, a_pair(HOST)[1]), WrongCertificate, "at most 10"),
        (a_pair(HOST, key=ec.generate_private_key(ec.SECP521R1())), WrongKey, "2048 bits"),
        (a_pair(HOST, key=WEAK), WrongKey, "2048 bits"),
    ],
)
def test_what_is_wrong_with_a_pair_is_said(pair: tuple[str, str], error: type[ValueError], words: str) -> None:
    with pytest.raises(error, match=words) as refused:
        check_pair(HOST, *pair)
    assert str(refused.value).endswith(".")
    assert "PRIVATE KEY" not in str(refused.value)


def test_a_chain_in_the_wrong_order_is_not_taken() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    first, second = (a_pair(HOST, key=key, authority=False)[0] for _ in range(2))
    with pytest.raises(WrongCertificate, match="do not follow from each other"):
        check_pair(HOST, first + second, key_pem(key))


def test_a_key_with_a_passphrase_is_told_from_a_broken_one() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(WrongKey, match="passphrase"):
        check_pair(HOST, a_pair(HOST, key=key)[0], key_pem(key, b"secret"))


def test_a_kind_of_key_that_no_browser_takes_is_refused() -> None:
    private = ed25519.Ed25519PrivateKey.generate()
    text = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    with pytest.raises(WrongKey, match="P-256"):
        check_pair(HOST, a_pair(HOST)[0], text)
