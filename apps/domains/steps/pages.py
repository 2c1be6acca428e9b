"""What the front answers for a site in place of its worker, and that it does."""

from __future__ import annotations

import secrets

from django.db import transaction

from apps.domains.steps import load_front
from apps.operations.flow import Step
from apps.operations.run import Run
from apps.sites.models import Site


class ShowPage(Step):
    """Let the front answer with a page: before the worker stops, so that nobody waits on a dying process."""

    key = "front-page"

    def __init__(self, page: Site.Front) -> None:
        self.page = page

    def plan(self, run: Run) -> str:
        return f"Let the front answer for {', '.join(run.record(Site).hosts)} with the “{self.page.value}” page"

    def do(self, run: Run) -> None:
        site = run.record(Site)
        run.remember("front", lambda: str(site.front))
        load_front(run, site, run.remember("wanted", lambda: _change(site, self.page)))

    def undo(self, run: Run) -> None:
        site = run.record(Site)
        before = Site.Front(run.memo.get("front", site.front))
        load_front(run, site, _change(site, before) if site.front != before else site.server.front_wanted)


class ShowFailed(ShowPage):
    """A worker that is left down has its page at once: else the front would look for it with each request.

    Where the front shows another page than the worker's anyway, that one stays.
    """

    key = "front-failed"

    def __init__(self) -> None:
        super().__init__(Site.Front.FAILED)

    def do(self, run: Run) -> None:
        if run.memo or run.record(Site).front == Site.Front.UP:
            super().do(run)


class NewPass(Step):
    """A new token for the link that leads past the maintenance page. The one before it ends with the next load."""

    key = "front-pass"

    def plan(self, run: Run) -> str:
        return f"Make a new link that leads past the maintenance page of {run.record(Site).slug}; an old one ends"

    def do(self, run: Run) -> None:
        site = run.record(Site)
        run.remember("before", lambda: site.sealed_pass)
        made = run.remember("pass", lambda: run.host.vault.seal(secrets.token_urlsafe(32)))
        Site.objects.filter(pk=site.pk).update(sealed_pass=made)

    def undo(self, run: Run) -> None:
        """The page has been loaded with the new one; so it is loaded once more."""
        site = run.record(Site)
        before = run.memo.get("before", site.sealed_pass)
        with transaction.atomic():
            changed = Site.objects.filter(pk=site.pk).exclude(sealed_pass=before).update(sealed_pass=before)
            wanted = site.server.want_front() if changed else site.server.front_wanted
        load_front(run, site, wanted)


class LoadFront(Step):
    """Load what is newest: who changed what is served has said so before."""

    key = "front-load"

    def plan(self, run: Run) -> str:
        return f"Load the front for {', '.join(run.record(Site).hosts)}"

    def do(self, run: Run) -> None:
        site = run.record(Site)
        load_front(run, site, run.remember("wanted", lambda: site.server.front_wanted))

    def undo(self, run: Run) -> None:
        """The steps before it change what is served once more, and then load."""


class LoadFrontBack(Step):
    """On the way there, see what the front has against the site already.

    On the way back, the last of the undone steps: load what they have put right.
    """

    key = "front-load-back"

    def plan(self, run: Run) -> str:
        return "See that the front can be loaded again should a later step fail"

    def do(self, run: Run) -> None:
        site = run.record(Site)
        run.remember("fault", lambda: site.front_fault)

    def undo(self, run: Run) -> None:
        site = run.record(Site)
        load_front(run, site, site.server.front_wanted)


def _change(site: Site, front: Site.Front) -> int:
    with transaction.atomic():
        Site.objects.filter(pk=site.pk).update(front=front)
        return site.server.want_front()
