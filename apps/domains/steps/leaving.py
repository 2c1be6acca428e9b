"""Site Deletion 3: all domains of a site leave the front; with its purge, their own certificates go too."""

from __future__ import annotations

import json

from django.db import transaction

from apps.domains.models import Domain, Pair
from apps.domains.steps import load_front, take_off
from apps.operations.flow import Step
from apps.operations.run import Run
from apps.sites.models import Site


class TakeSiteOff(Step):
    key = "front-off"

    def plan(self, run: Run) -> str:
        return f"Serve {', '.join(run.record(Site).hosts)} no more"

    def do(self, run: Run) -> None:
        served = Domain.objects.filter(site=run.record(Site), served=True)
        run.remember("served", lambda: json.dumps(list(served.values_list("pk", flat=True))))
        take_off(run)

    def undo(self, run: Run) -> None:
        site, served = run.record(Site), json.loads(run.memo.get("served", "[]"))
        with transaction.atomic():
            changed = Domain.objects.filter(pk__in=served, served=False).update(served=True)
            wanted = site.server.want_front() if changed else site.server.front_wanted
        if served:
            load_front(run, site, wanted)


class DropSitePairs(Step):
    """The files of certificates that its owner brought. Their rows go with the site's."""

    key = "site-pairs"

    def plan(self, run: Run) -> str:
        return f"Remove the files of the certificates of {run.record(Site).slug}"

    def do(self, run: Run) -> None:
        for pair in Pair.objects.filter(site=run.record(Site)):
            run.host.files.remove(run.places.pair(pair.pk))
