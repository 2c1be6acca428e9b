"""A domain of a site that is there: served, changed, taken off; each rendered with all others, then loaded."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.db import transaction

from apps.domains import serving
from apps.domains.changes import State, put, state_of, written
from apps.domains.models import Domain
from apps.domains.steps import load_front
from apps.domains.steps.own_block import LoadOwnBlock
from apps.domains.steps.pages import LoadFront
from apps.host.errors import Refused, Unavailable
from apps.operations.flow import Step
from apps.operations.run import Run
from apps.sites.models import Site

LOADS = (LoadFront.key, LoadOwnBlock.key)
SAID: dict[str, Callable[[Any], str]] = {
    "primary": lambda value: "it becomes the site's primary domain",
    "redirects": lambda value: "it redirects to the primary domain" if value else "it redirects no more",
    "tls": lambda value: f"TLS: {Domain.Tls(value).label.lower()}",
    "paths": lambda value: f"path redirects: {'; '.join(written(value).splitlines()) or 'none'}",
}


class ServeDomain(Step):
    """Domain Addition 5: from now on the rendered file has an entry for it, as for the site's other names."""

    key = "domain-serve"

    def plan(self, run: Run) -> str:
        site, domain = run.record(Site), run.record(Domain)
        return f"Give {domain} an entry in the front: it leads to {site.slug}, as its other domains do"

    def do(self, run: Run) -> None:
        domain = run.record(Domain)
        with transaction.atomic():
            if Domain.objects.filter(pk=domain.pk, served=False).update(served=True):
                run.record(Site).server.want_front()

    def undo(self, run: Run) -> None:
        """The front is loaded again only if it may have the name."""
        domain = run.find(Domain)
        if domain is None:
            return
        server = run.record(Site).server
        with transaction.atomic():
            changed = Domain.objects.filter(pk=domain.pk, served=True).update(served=False)
            wanted = server.want_front() if changed else server.front_wanted
        if domain.loaded:
            load_front(run, run.record(Site), wanted)
        elif changed:
            serving.write_next(server, run.host)


class RegenerateCaddyfile(Step):
    """The whole file, rendered from the records and read by Caddy: a torn one would take every site down."""

    key = "front-file"

    def plan(self, run: Run) -> str:
        return f"Write all domains of this server to {run.places.caddyfile_next} and have Caddy check the whole file"

    def do(self, run: Run) -> None:
        site = run.record(Site)
        known = run.remember("fault", lambda: site.front_fault)
        fault = serving.write_and_check(site.server, run.host).faults.get(site.pk, "")
        if fault not in ("", known):
            raise Refused(fault)


class ChangeDomain(Step):
    """Domain Update 1. Two rows of a site exchange in one transaction who is the primary one."""

    key = "domain-change"

    def plan(self, run: Run) -> str:
        changes = run.params["changes"]
        said = SAID.keys() - ({"redirects"} if "primary" in changes else set())  # a primary one does not anyway
        told = [SAID[key](value) for key, value in changes.items() if key in said]
        return f"Change {run.record(Domain)}: {'; '.join(told)}"

    def do(self, run: Run) -> None:
        domain = run.record(Domain)
        before = json.loads(run.remember("before", lambda: json.dumps(state_of(domain))))
        wanted = _put(run, domain, {**before, **run.params["changes"]})
        run.remember("wanted", lambda: wanted)

    def undo(self, run: Run) -> None:
        before, domain = run.memo.get("before"), run.find(Domain)
        if before and domain:
            wanted = _put(run, domain, json.loads(before))
            load_back(run, run.record(Site), wanted)


def load_back(run: Run, site: Site, wanted: int) -> None:
    """Load what an undo has put back. A front that is away, and was never given the change, needs nothing back."""
    try:
        load_front(run, site, wanted)
    except Unavailable:
        asked_to = run.operation.lines.filter(key__in=LOADS).exists()
        if asked_to or site.server.front_loaded >= run.memo.get("wanted", 0):
            raise


def _put(run: Run, domain: Domain, state: State) -> int:
    """Write *state* down where it is not so already. Returns what the front must have loaded to have it."""
    server = run.record(Site).server
    with transaction.atomic():
        if state_of(domain) == state:
            return server.front_wanted
        put(domain, state)
        return server.want_front()
