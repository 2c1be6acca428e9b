"""A deleted site's processes, account and folders: ended, kept aside, brought back, or gone for good."""

from __future__ import annotations

from apps.host.errors import Refused
from apps.operations.flow import Step
from apps.operations.run import Run
from apps.sites.facts import owner_of
from apps.sites.models import Site


class EndProcesses(Step):
    """Nothing runs as the site's user any more: what its worker or its cron jobs have left behind ends too."""

    key = "site-processes"

    def plan(self, run: Run) -> str:
        return f"End every process of {run.places.site_user(run.record(Site).pk)}"

    def do(self, run: Run) -> None:
        run.host.users.end_processes(run.places.site_user(run.record(Site).pk))


class KeepSite(Step):
    """Its folder and its logs go into the trash by a rename: nothing is copied, and a rename brings them back."""

    key = "site-aside"

    def check(self, run: Run) -> None:
        slug = run.record(Site).slug
        if run.host.files.is_kept(slug):
            raise Refused(f"Something named {slug} is in the trash already, {run.places.root / 'trash'}; move it away.")

    def plan(self, run: Run) -> str:
        slug = run.record(Site).slug
        return f"Move {run.places.site(slug)} and its logs to {run.places.root / 'trash'}"

    def do(self, run: Run) -> None:
        site = run.record(Site)
        run.remember("bytes", lambda: run.host.files.site_size(site.slug, owner_of(run, site)))
        run.host.files.keep_site(site.slug)

    def undo(self, run: Run) -> None:
        run.host.files.bring_site_back(run.record(Site).slug)


class BringSiteBack(Step):
    key = "site-back"

    def check(self, run: Run) -> None:
        slug = run.record(Site).slug
        if run.host.files.site_exists(slug):
            raise Refused(f"{slug} has a directory under {run.places.root} that the panel did not make; move it away.")
        if not run.host.files.is_kept(slug):
            raise Refused(f"{run.places.kept_site(slug)} is not there any more, so {slug} cannot come back.")

    def plan(self, run: Run) -> str:
        slug = run.record(Site).slug
        return f"Move the directory and the logs of {slug} back to {run.places.site(slug)}"

    def do(self, run: Run) -> None:
        run.host.files.bring_site_back(run.record(Site).slug)

    def undo(self, run: Run) -> None:
        run.host.files.keep_site(run.record(Site).slug)


class RemoveKeptSite(Step):
    """As the site's user: whatever links a tenant has put there lead nowhere that he could not have gone himself."""

    key = "site-files"

    def plan(self, run: Run) -> str:
        site = run.record(Site)
        user = run.places.site_user(site.pk)
        return f"Remove {run.places.kept_site(site.slug)} and its logs as {user}; this is for good"

    def do(self, run: Run) -> None:
        site = run.record(Site)
        run.host.files.remove_kept_site(site.slug, owner_of(run, site))


class RemoveSiteUser(Step):
    key = "site-user-gone"

    def plan(self, run: Run) -> str:
        return f"Remove the Unix account {run.places.site_user(run.record(Site).pk)}"

    def do(self, run: Run) -> None:
        run.host.users.remove(run.places.site_user(run.record(Site).pk))
