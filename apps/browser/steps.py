"""The steps that turn a server's database browser on and off."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import transaction

from apps.browser.chores import end_what_is_over
from apps.browser.source import ADMINER
from apps.domains import serving
from apps.domains.steps import SOON
from apps.operations.flow import Step
from apps.operations.run import Run
from apps.servers.models import Server

SCRIPTS = ("index.php", "ready.php")
HERE = Path(__file__).parent


class FetchBrowser(Step):
    """Adminer below the panel's root: for sites' users to read, and out of every document root."""

    key = "browser-files"

    def plan(self, run: Run) -> str:
        return f"Fetch Adminer and lay it into {run.places.browser}" if run.params["on"] else "Nothing to fetch"

    def do(self, run: Run) -> None:
        if run.params["on"]:
            tree = run.host.sources.tree(ADMINER, run.progress)
            run.host.browsers.install(tree, {name: (HERE / name).read_text() for name in SCRIPTS})


class SwitchBrowser(Step):
    """Say whether it may be used, and have the front serve its name, or no longer."""

    key = "browser-switch"

    def plan(self, run: Run) -> str:
        host = settings.BROWSER_HOST
        return f"Let the front serve {host}" if run.params["on"] else f"Let the front serve {host} no more"

    def do(self, run: Run) -> None:
        run.remember("before", lambda: int(run.record(Server).browser))
        _switch(run, on=run.params["on"])

    def undo(self, run: Run) -> None:
        if "before" in run.memo:
            _switch(run, on=bool(run.memo["before"]))


class EndBrowsers(Step):
    key = "browser-end"

    def plan(self, run: Run) -> str:
        return "Nobody is browsing yet" if run.params["on"] else "End the processes of those who are browsing"

    def do(self, run: Run) -> None:
        if not run.params["on"]:
            end_what_is_over(run.record(Server), run.host)  # with the switch off, all of it


def _switch(run: Run, *, on: bool) -> None:
    """What the front lacks is known by its number: a second time nothing new is wanted."""
    server = run.record(Server)
    with transaction.atomic():
        if Server.objects.filter(pk=server.pk).exclude(browser=on).update(browser=on):
            server.want_front()
    server.refresh_from_db()
    if not serving.load(server, run.host, server.front_wanted):
        run.again(SOON, "The front is being loaded")
