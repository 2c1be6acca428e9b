"""The front's part of a lifecycle: what is served is rendered from the records, read by Caddy, compared, loaded."""

from __future__ import annotations

from time import time

from django.db import transaction

from apps.domains import serving
from apps.domains.models import Domain
from apps.host.errors import Refused, Unavailable
from apps.operations.flow import Step
from apps.operations.run import Run
from apps.sites.models import Site

SOON = 0.1
CERTIFIED_WITHIN = 10.0
"""Seconds after which a certificate of the front's own authority, a matter of milliseconds, is overdue."""


class WriteCaddyfile(Step):
    """Mark the site's domains as served and render the whole file. Until its worker answers it is "starting"."""

    key = "caddyfile"

    def plan(self, run: Run) -> str:
        site = run.record(Site)
        return f"Write {', '.join(site.hosts)} to {run.places.caddyfile_next} and have Caddy check the whole file"

    def do(self, run: Run) -> None:
        site = run.record(Site)
        with transaction.atomic():
            Domain.objects.filter(site=site, served=False, removing=False).update(served=True)
            site.server.want_front()
        if fault := serving.write_and_check(site.server, run.host).faults.get(site.pk):
            raise Refused(fault)

    def undo(self, run: Run) -> None:
        take_off(run)


class ReloadCaddy(Step):
    """Load what is newest. Twenty sites in a second are a few loads, for one hand loads for all that has changed.

    Whoever changes what is served has said so by then: the start of the worker, and the domain that is marked.
    """

    key = "caddy-reload"

    def plan(self, run: Run) -> str:
        return f"Load the front, which then sends {', '.join(run.record(Site).hosts)} to the worker"

    def do(self, run: Run) -> None:
        site = run.record(Site)
        wanted = run.remember("wanted", lambda: site.server.front_wanted)
        if not serving.load(site.server, run.host, wanted):
            run.again(SOON, "The front is being loaded")
        serving.must_have(site)
        if not serving.has_certificates(site):
            if time() - run.remember("loaded_at", time) < CERTIFIED_WITHIN:
                run.again(SOON, "The front is making the certificate")
            raise Unavailable(f"The front has no certificate for {', '.join(site.hosts)}; its caddy.log says why.")

    def undo(self, run: Run) -> None:
        take_off(run)


def load_front(run: Run, site: Site, wanted: int) -> None:
    """Load what is newest, until *wanted* is loaded; comes back while another hand is at it."""
    if not serving.load(site.server, run.host, wanted):
        run.again(SOON, "The front is being loaded")


def take_off(run: Run) -> None:
    """Serve the site's domains no more. The front is loaded again only if it may have them."""
    site = run.record(Site)
    with transaction.atomic():
        changed = Domain.objects.filter(site=site, served=True).update(served=False)
        wanted = site.server.want_front() if changed else site.server.front_wanted
    if Domain.objects.filter(site=site, loaded=True).exists():
        if not serving.load(site.server, run.host, wanted):
            run.again(SOON, "The front is being loaded")
    elif changed:
        serving.write_next(site.server, run.host)
