"""``./panel demo``: a WordPress site through the real lifecycle, and its page through the front."""

from __future__ import annotations

import secrets
import sys
from time import monotonic, sleep

from django.conf import settings
from django.contrib.auth.models import User

from apps.domains.models import Domain
from apps.host.errors import Refused, Unavailable
from apps.host.local_http import Page, ask_front
from apps.lifecycle.site import create_site
from apps.operations import credentials
from apps.operations.asking import Ask
from apps.operations.management.following import failure_of, follow
from apps.operations.models import Operation
from apps.servers.local.prepare import Say
from apps.sites.kinds import KINDS
from apps.sites.models import Site

NAME, DOMAIN, KIND = "My first site", "shop.localhost", "wordpress"
ADMINISTRATOR = "admin"
PATIENCE = 60.0
OK = 200


def demonstrate(ask: Ask, say: Say) -> None:
    """Everything that ``./panel demo`` shows, on a panel that is up. Refused when the page does not come."""
    site = the_site(ask, say)
    page = fetch(site)
    say(f"\nhttps://{DOMAIN}:{settings.HTTPS_PORT}/ answers {page.status} with the WordPress site “{NAME}”.")
    _tell_wordpress(ask, site, say)
    _tell_panel(administrator(), say)
    _tell_curl(say)


def administrator() -> str:
    """Make the panel's first administrator and return the password, or nothing when there is one already."""
    if User.objects.filter(username=ADMINISTRATOR).exists():
        return ""
    password = secrets.token_urlsafe(12)
    User.objects.create_superuser(ADMINISTRATOR, password=password)
    return password


def the_site(ask: Ask, say: Say) -> Site:
    """The demo's site: the one from last time, else a new one."""
    domain = Domain.objects.filter(host=DOMAIN).select_related("site").first()
    if domain is not None:
        return _from_last_time(domain.site)
    say(f"\nCreating the site “{NAME}”, step by step:")
    operation = follow(create_site(ask, NAME, KIND, DOMAIN))
    if operation.status != Operation.Status.DONE:
        raise Refused(f"The site was not created: {failure_of(operation)}")
    return Site.objects.get(pk=operation.subject_id)


def _from_last_time(site: Site) -> Site:
    """A creation that was broken off is carried on by the runner; it may end in the site being taken back."""
    unfinished = Operation.objects.filter(subject_kind="site", subject_id=site.pk, status__in=Operation.LIVE).first()
    if unfinished is not None and follow(unfinished).status != Operation.Status.DONE:
        raise Refused("The creation that was broken off has been taken back; start again.")
    site.refresh_from_db()
    if site.status != Site.Status.ACTIVE:
        raise Refused(f"The site “{site.name}” is {site.status}; see ./panel site show {site.slug}.")
    return site


def fetch(site: Site) -> Page:
    """The site's home page over TLS. Refused when it is not 200, or not the page of a WordPress site."""
    until = monotonic() + PATIENCE
    while True:
        try:
            page = ask_front(DOMAIN, settings.HTTPS_PORT, settings.PLACES.internal_ca)
            break
        except Unavailable:
            if monotonic() > until:
                raise
        sleep(0.1)  # the front is just getting the certificate
    if page.status != OK or not KINDS[site.kind].recognises(page.body, site.name):
        raise Refused(f"{site.url} answers {page.status}, and that is not the page of “{site.name}”.")
    return page


def _tell_wordpress(ask: Ask, site: Site, say: Say) -> None:
    """Its first password, which nobody has read yet: on a terminal, else how to read it."""
    operation = Operation.objects.filter(subject_kind="site", subject_id=site.pk, asked_by=ask.user).first()
    if operation is None or not credentials.has_some(operation):
        return
    if sys.stderr.isatty():
        told = credentials.reveal(ask, operation)
        say(f"WordPress: {told['url']}  user {told['user']}  password {told['password']}  (shown once)")
    else:
        reveal = f"./panel operation reveal {operation.pk} --credentials-file F"
        say(f"WordPress: its first password is kept for a day, to be shown once: {reveal}")


def _tell_panel(password: str, say: Say) -> None:
    address = f"https://{settings.PANEL_HOST}:{settings.HTTPS_PORT}/"
    if password:
        say(f"Panel: {address}  user {ADMINISTRATOR}  password {password}  (shown once)")
    else:
        new = f"./panel changepassword {ADMINISTRATOR}"
        say(f"Panel: {address}  user {ADMINISTRATOR} is there from before; a new password: {new}")


def _tell_curl(say: Say) -> None:
    port, trust = settings.HTTPS_PORT, settings.PLACES.internal_ca
    say("With the panel's own certificate authority trusted:")
    for host in (DOMAIN, settings.PANEL_HOST):
        say(f"  curl --cacert {trust} --resolve {host}:{port}:127.0.0.1 https://{host}:{port}/")
