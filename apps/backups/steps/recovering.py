"""A site that is lost made anew as its records say it was: its own account, port, names and passwords."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

from apps.domains.models import Pair
from apps.domains.steps.pairs import write_pair
from apps.mail.relays import relay_at
from apps.operations.flow import Step
from apps.operations.run import Run
from apps.servers.steps import SAID, page_of
from apps.sites.models import Site
from apps.sites.steps import CreateSiteUser
from apps.workers import state
from apps.workers.roster import worker_of
from apps.workers.steps import StartWorker, WriteWorkerConfig, go_round_strangers

STATUS = "status"
"""The parameter that says what the site's status was when its records were saved."""
FRONT = {
    Site.Status.ACTIVE: Site.Front.UP,
    Site.Status.MAINTENANCE: Site.Front.MAINTENANCE,
    Site.Status.INACTIVE: Site.Front.STOPPED,
    Site.Status.SUSPENDED: Site.Front.SUSPENDED,
}


class TakeSiteUser(CreateSiteUser):
    """Its number tells whose it is: one that is left of the lost panel is the site's, and is taken."""

    key = "recover-user"

    def check(self, run: Run) -> None:
        """Whoever makes it looks whether it is a site's."""


class WriteRecoveredConfig(WriteWorkerConfig):
    """Where the machine is the same one, its folder for sockets may be left of the lost panel: it is the site's."""

    key = "recover-worker"

    def check(self, run: Run) -> None:
        go_round_strangers(run, run.record(Site))

    def do(self, run: Run) -> None:
        run.host.files.remove_runtime(run.record(Site).pk)
        super().do(run)


class WriteWhatIsKept(Step):
    """What stands in the records and must lie in files: certificates, and whether the site has a relay of its own."""

    key = "recover-files"

    def plan(self, run: Run) -> str:
        return f"Write the {_pairs(run).count()} certificates that the site brought along, and where its mails go"

    def do(self, run: Run) -> None:
        site = run.record(Site)
        for pair in _pairs(run):
            write_pair(run.host, pair)
        if relay_at(site.server, site) is not None:
            run.host.postbox.open_for(site.pk, there_is_a_relay=True)

    def undo(self, run: Run) -> None:
        for pair in _pairs(run):
            run.host.files.remove(run.places.pair(pair.pk))


class StartRecovered(StartWorker):
    """As its status was: a site that was stopped, or suspended, stays so."""

    key = "recover-start"

    def plan(self, run: Run) -> str:
        if status_of(run) in Site.RUNNING:
            return super().plan(run)
        return f"Start no worker, for the site was {status_of(run)}"

    def do(self, run: Run) -> None:
        site, runs = run.record(Site), status_of(run) in Site.RUNNING
        if runs:
            run.host.supervisor.start(worker_of(site, run.host))
            run.note(f"The home page {SAID[page_of(site)]}.")
        with transaction.atomic():
            if runs:
                state.started(site)
            Site.objects.filter(pk=site.pk).update(front=FRONT[status_of(run)])
            site.server.want_front()


def status_of(run: Run) -> Site.Status:
    return Site.Status(run.params[STATUS])


def _pairs(run: Run) -> QuerySet[Pair]:
    return Pair.objects.filter(site=run.record(Site)).order_by("pk")
