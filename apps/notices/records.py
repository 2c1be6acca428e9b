"""A notice's row: made from what was asked for."""

from __future__ import annotations

from typing import Any

from apps.host.webhook import parsed
from apps.mail import addresses
from apps.notices.models import Notice
from apps.operations import letterbox
from apps.operations.checking import checked
from apps.operations.refusals import Full, Invalid
from apps.servers.models import Server
from apps.sites.models import Site

MOST = 20
"""That a site, or a server, may have."""
LONGEST_SECRET = 200


def new_notice(server: Server, site: Site | None, *, email: str, url: str, secret: str) -> Notice:
    """One that is not told anything yet. Raises Invalid, Full; what is secret is sealed before it is anywhere."""
    if bool(email.strip()) == bool(url.strip()):
        raise Invalid("email", "Email: give an address of mail, or the address of a webhook, and not both.")
    values = _of_mail(email, secret) if email.strip() else _of_webhook(server, url.strip(), secret)
    if Notice.objects.filter(server=server, site=site).count() >= MOST:
        raise Full(f"{site or server} tells {MOST} already, which is the most; delete one first.")
    return Notice.objects.create(server=server, site=site, name=_name(site.slug if site else server.name), **values)


def _of_mail(email: str, secret: str) -> dict[str, Any]:
    if secret:
        raise Invalid("secret", "Secret: a mail is not signed; it is for webhooks alone.")
    return {"kind": Notice.Kind.EMAIL, "to": checked({"email": addresses.address}, {"email": email})["email"]}


def _of_webhook(server: Server, url: str, secret: str) -> dict[str, Any]:
    """Of an address that is none, nothing is told back: it may be secret."""
    try:
        shown = str(parsed(url))
    except ValueError as wanted:
        raise Invalid("url", f"Webhook: this is not {wanted}.") from None
    if len(secret) > LONGEST_SECRET or not secret.isprintable():
        raise Invalid("secret", f"Secret: at most {LONGEST_SECRET} characters in one line.")
    sealed = {"sealed_url": letterbox.post(server, url)}
    if secret:
        sealed["sealed_secret"] = letterbox.post(server, secret)
    return {"kind": Notice.Kind.WEBHOOK, "to": shown, **sealed}


def _name(whose: str) -> str:
    """``rose-sons.1``: the first that is free."""
    taken = set(Notice.objects.filter(name__startswith=f"{whose}.").values_list("name", flat=True))
    return next(name for number in range(1, len(taken) + 2) if (name := f"{whose}.{number}") not in taken)
