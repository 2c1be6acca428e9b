"""A domain that goes: marked first, its record deleted last, so that nothing in between brings it back."""

from __future__ import annotations

import json

from django.core.serializers import deserialize, serialize
from django.db import transaction

from apps.domains.models import Certificate, Domain
from apps.domains.removing import stands_against_removal
from apps.domains.steps.changing import load_back
from apps.host.errors import Refused
from apps.operations.flow import Step
from apps.operations.run import Run
from apps.sites.models import Site


class MarkRemoving(Step):
    """From now on no regeneration brings the name back. Another one becomes the primary one with that."""

    key = "domain-mark"

    def check(self, run: Run) -> None:
        """As it is by now: it may have waited in line."""
        if reason := stands_against_removal(run.record(Domain), _heir(run), run.params["last"]):
            raise Refused(reason)

    def plan(self, run: Run) -> str:
        heir = _heir(run)
        return f"Mark {run.record(Domain)} as being removed{f', and make {heir} the primary domain' if heir else ''}"

    def do(self, run: Run) -> None:
        domain, heir = run.record(Domain), _heir(run)
        was = {"served": domain.served, "redirects": heir is not None and heir.redirects}
        run.remember("before", lambda: json.dumps(was))
        wanted = _mark(run, gone=True, served=False, redirects=False)
        run.remember("wanted", lambda: wanted)

    def undo(self, run: Run) -> None:
        before = run.memo.get("before")
        if before and run.find(Domain):
            load_back(run, run.record(Site), _mark(run, gone=False, **json.loads(before)))


class DeleteDomain(Step):
    """Domain Removal 3: with its certificate's record and its path redirects."""

    key = "domain-record"

    def plan(self, run: Run) -> str:
        return f"Delete the record of {run.record(Domain)}"

    def do(self, run: Run) -> None:
        domain = run.find(Domain)
        if domain is not None:
            run.remember("rows", lambda: _rows(domain))
            domain.delete()

    def undo(self, run: Run) -> None:
        for row in deserialize("json", run.memo.get("rows", "[]")):
            row.save()


def _mark(run: Run, *, gone: bool, served: bool, redirects: bool) -> int:
    """Write it down, and who is the primary one with that. Returns what the front must have loaded to have it.

    *redirects*: whether the one that follows it redirects; a primary one does not.
    """
    domain, heir, server = run.record(Domain), _heir(run), run.record(Site).server
    if domain.removing == gone:
        return server.front_wanted
    with transaction.atomic():
        Domain.objects.filter(pk=domain.pk).update(removing=gone, served=served)
        if heir is not None:
            Domain.objects.filter(pk__in=(domain.pk, heir.pk)).update(primary=False)
            Domain.objects.filter(pk=heir.pk if gone else domain.pk).update(primary=True)
            Domain.objects.filter(pk=heir.pk).update(redirects=redirects)
        return server.want_front()


def _heir(run: Run) -> Domain | None:
    """The one that becomes the primary one, by the id that the request named."""
    return Domain.objects.filter(pk=run.params["heir_id"]).first()


def _rows(domain: Domain) -> str:
    rows = [domain, *Certificate.objects.filter(domain=domain), *domain.path_redirects.all()]
    return str(serialize("json", rows))
