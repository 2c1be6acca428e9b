"""Moving a site to another FrankenPHP: look, let its worker run there, and see that its page is no worse."""

from __future__ import annotations

from enum import IntEnum

from apps.host.errors import Refused, Unavailable
from apps.host.runtime.probe import too_old
from apps.host.visit import fetch
from apps.operations.flow import Step
from apps.operations.run import Run
from apps.servers.models import Runtime
from apps.sites.facts import kind_of, owner_of
from apps.sites.models import Site
from apps.sites.steps.status import stands_against
from apps.workers.roster import worker_of
from apps.workers.steps import config_text
from apps.workers.steps.running import end_failure

OK, BROKEN = 200, 500
PAGE_TAKES = 20.0
"""Seconds that a home page may take: a site that is slower was not answering before either."""


class Page(IntEnum):
    """How a site's home page is, worst first."""

    SILENT = 0
    BROKEN = 1
    OTHER = 2
    SOME = 3
    OWN = 4


SAID = {
    Page.SILENT: "does not come",
    Page.BROKEN: "is an error of the server",
    Page.OTHER: "is a redirection or a refusal",
    Page.SOME: "comes, but not as a page of its kind",
    Page.OWN: "comes",
}


def page_of(site: Site) -> Page:
    """The home page as the worker gives it now. Customers replace it: so it is compared with itself, not judged."""
    kind = kind_of(site)
    host = site.url.removeprefix("https://")
    try:
        status, body = fetch(site.port or 0, host, kind.proof_path, PAGE_TAKES)
    except Unavailable:
        return Page.SILENT
    if status != OK:
        return Page.BROKEN if status >= BROKEN else Page.OTHER
    return Page.OWN if kind.recognises(body, site.name) else Page.SOME


class LookAtRuntime(Step):
    """Start the new binary as the site's user, and note what the site runs on and how its page is now."""

    key = "runtime-look"

    def check(self, run: Run) -> None:
        """As it is by now: it may have waited in line."""
        if reason := stands_against(run.record(Site), (Site.Status.ACTIVE,), "moved to another runtime"):
            raise Refused(reason)

    def plan(self, run: Run) -> str:
        site, runtime = run.record(Site), run.record(Runtime)
        user = run.places.site_user(site.pk)
        return f"See that {user} can start {runtime.path}, and fetch the home page as it is on {site.runtime}"

    def do(self, run: Run) -> None:
        site, runtime = run.record(Site), run.record(Runtime)
        found = run.host.php.at(runtime.path).version(owner_of(run, site))
        if reason := too_old(found):
            raise Refused(f"{runtime.path} {reason}; install a newer one, or choose another runtime.")
        facts = {"version": found.frankenphp, "php_version": found.php, "thread_safe": found.thread_safe}
        Runtime.objects.filter(pk=runtime.pk).update(**facts)
        run.remember("runtime", lambda: site.runtime_id)
        run.remember("page", lambda: int(page_of(site)))


class SwitchRuntime(Step):
    """Stop the worker and start it on the new runtime, on the same port: the front waits for it meanwhile.

    A site has one worker, one lock and one port; so there are never two of them, and the front is left as it is.
    """

    key = "runtime-switch"

    def plan(self, run: Run) -> str:
        site, runtime = run.record(Site), run.record(Runtime)
        return f"Stop the worker, start it with {runtime.path} on port {site.port} and wait until PHP answers"

    def do(self, run: Run) -> None:
        _serve_on(run, run.record(Runtime))
        end_failure(run.record(Site))

    def undo(self, run: Run) -> None:
        _serve_on(run, _old(run))


class VisitMovedSite(Step):
    """Fetch the home page again: it must be no worse than it was."""

    key = "runtime-visit"

    def plan(self, run: Run) -> str:
        return "Fetch the home page and see that it is no worse than before; else go back"

    def do(self, run: Run) -> None:
        site = run.record(Site)
        before, after = Page(_noted(run, "page")), page_of(site)
        if after < before:
            raise Refused(
                f"On {site.runtime} the home page of {site.slug} {SAID[after]}; on {_old(run)} it {SAID[before]}."
                f" The site stays on {_old(run)}; the logs of the site say more."
            )


def _serve_on(run: Run, runtime: Runtime) -> None:
    site = run.record(Site)
    site.runtime = runtime
    site.save(update_fields=["runtime"])
    run.host.files.write(run.places.worker_config(site.pk), config_text(run, site), 0o644)
    run.host.supervisor.switch(worker_of(site, run.host))


def _old(run: Run) -> Runtime:
    return Runtime.objects.get(pk=_noted(run, "runtime"))


def _noted(run: Run, key: str) -> int:
    """What the look has noted: it stands in the journal, whoever carries on."""
    return int(run.operation.lines.get(key=LookAtRuntime.key).memo[key])
