"""Domain Update 1: what is asked for, checked and written as the values that ``changes`` puts into the records."""

from __future__ import annotations

from typing import TypedDict

from apps.domains.changes import State, read_paths
from apps.domains.claiming import can_be_managed
from apps.domains.models import Domain, Pair
from apps.operations.letterbox import post
from apps.operations.refusals import Invalid


class Wishes(TypedDict, total=False):
    """*certificate* and *private_key* are a pair of the owner's own, as PEM: who gives one wants it shown from then on.

    *primary* and *redirects* None, *tls* empty, *path_redirects* left out: as it is. *rewrite* is about the site's
    database, and ``rewriting`` reads it.
    """

    primary: bool | None
    redirects: bool | None
    tls: str
    certificate: str
    private_key: str
    path_redirects: str
    rewrite: bool


def read_wishes(domain: Domain, wanted: Wishes) -> State:
    """What of *domain* shall be otherwise. Raises Invalid, naming the field."""
    changes = _place(domain, wanted.get("primary"), wanted.get("redirects"))
    changes |= _certified(domain, wanted.get("tls", ""), wanted.get("certificate", ""), wanted.get("private_key", ""))
    if "path_redirects" in wanted:
        changes["paths"] = read_paths(wanted["path_redirects"], domain.host)
    return changes


def leads_to_itself(domain: Domain) -> Invalid:
    return Invalid("redirects", f"{domain} is the primary domain and cannot lead to itself; make another one primary.")


def _place(domain: Domain, primary: bool | None, redirects: bool | None) -> State:
    """Whether it is the primary one, and whether it leads there."""
    if primary is False and domain.primary:
        raise Invalid("primary", f"{domain} is the primary domain; make another one primary, and it is no more.")
    if redirects and (primary or domain.primary):
        raise leads_to_itself(domain)
    first: State = {"primary": domain.pk, "redirects": False} if primary else {}
    return first if redirects is None else {**first, "redirects": redirects}


def _certified(domain: Domain, tls: str, certificate: str, key: str) -> State:
    """Who certifies it. A pair that is given says so by itself."""
    if certificate or key:
        return {"tls": str(Domain.Tls.CUSTOM), "pair": _pair(domain, certificate, key).pk}
    if not tls or tls == domain.tls:
        return {}
    if tls not in Domain.Tls.values:
        raise Invalid("tls", f"There is no way {tls[:40]!r}; choose one of {', '.join(Domain.Tls.values)}.")
    if tls == Domain.Tls.CUSTOM:
        raise Invalid("certificate", "A certificate of your own comes with its key; give both.")
    if tls == Domain.Tls.MANAGED and not can_be_managed(domain.host):
        raise Invalid("tls", f"No public authority can certify {domain} on this server; choose another way.")
    return {"tls": tls, "pair": None}


def _pair(domain: Domain, certificate: str, key: str) -> Pair:
    """The pair, checked, its key sealed for the server before it is written anywhere."""
    from apps.domains.pairs import WrongCertificate, WrongKey, check_pair  # noqa: PLC0415 - 4 MB that few processes need

    try:
        checked = check_pair(domain.host, certificate, key)
    except WrongCertificate as error:
        raise Invalid("certificate", str(error)) from error
    except WrongKey as error:
        raise Invalid("private_key", str(error)) from error
    return Pair.objects.create(
        site=domain.site,
        chain=checked.chain,
        sealed_key=post(domain.site.server, checked.key),
        fingerprint=checked.fingerprint,
        not_after=checked.not_after,
    )
