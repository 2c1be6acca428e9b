"""The end of a site: no way back from here, and last of all its records."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Model

from apps.host.errors import Refused
from apps.operations.flow import Step
from apps.operations.run import Run
from apps.servers.models import Kept
from apps.sites.models import Site


class BeginPurge(Step):
    """From here on it cannot be taken back: it is being deleted, and stays so until it is gone."""

    key = "purge-begins"

    def check(self, run: Run) -> None:
        site = run.record(Site)
        if run.host.files.site_exists(site.slug):
            raise Refused(f"{site.slug} has a directory under {run.places.root} again; move it away, then purge.")

    def plan(self, run: Run) -> str:
        return f"Write down that {run.record(Site).slug} cannot be taken back any more"

    def do(self, run: Run) -> None:
        Site.objects.filter(pk=run.record(Site).pk).update(status=Site.Status.DELETING)

    def undo(self, run: Run) -> None:
        """A purge that met a fault is asked for again: what is gone stays gone."""


class DeleteRecords(Step):
    """Seed, Site Deletion 6: what belongs to the site, *remains* in their order, then the site, or none of it.

    Nothing cascades from elsewhere to a site: rows that the deletion of a site must name are named here.
    """

    key = "site-records"

    def __init__(self, remains: Iterable[type[Model]]) -> None:
        self.remains = tuple(remains)

    def plan(self, run: Run) -> str:
        return f"Delete the records of {run.record(Site).slug}; its slug is free then"

    def do(self, run: Run) -> None:
        site = run.find(Site)
        if site is None:
            return
        with transaction.atomic():
            for model in self.remains:
                model._base_manager.filter(site=site).delete()
            Kept.objects.filter(kind=Kept.Kind.SITE, subject_id=site.pk).delete()
            site.delete()
