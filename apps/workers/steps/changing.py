"""A site's title and settings: written down, told to its worker, and taken back where its page is worse then."""

from __future__ import annotations

import json
from typing import Any

from django.db import transaction

from apps.host.errors import Refused
from apps.operations.flow import Step
from apps.operations.run import Run
from apps.servers.steps import SAID, Page, page_of
from apps.sites.facts import owner_of
from apps.sites.models import Site
from apps.sites.settings import SETTINGS, merged
from apps.workers.steps.running import configure, ran


class LookAtSite(Step):
    """See that the document root is there, as the site's user sees it, and how the site's page is now."""

    key = "settings-look"

    def check(self, run: Run) -> None:
        site, folder = run.record(Site), _wanted(run).get("document_root")
        if folder and not run.host.files.is_folder_as(owner_of(run, site), site.slug, f"public/{folder}"):
            raise Refused(f"{site.slug} has no folder public/{folder}; make it first, then set it.")

    def plan(self, run: Run) -> str:
        folder = _wanted(run).get("document_root")
        see = f"See that public/{folder} is a folder of the site, and fetch" if folder else "Fetch"
        return f"{see} the home page as it is"

    def do(self, run: Run) -> None:
        site = run.record(Site)
        if ran(run):
            run.remember("page", lambda: int(page_of(site)))


class ApplySettings(Step):
    """Write them down, write ``worker.json``, and let a worker that runs take it: no request is lost."""

    key = "settings-apply"

    def plan(self, run: Run) -> str:
        site, name = run.record(Site), run.params.get("name")
        told = [f"call it {name!r}"] if name and name != site.name else []
        changed = {key: value for key, value in _wanted(run).items() if value != site.chosen.get(key, "")}
        told += [f"{_label(key)}: {_told(key, value)}" for key, value in changed.items()]
        return f"Change {site.slug}: {'; '.join(told)}; its worker takes it without losing a request"

    def do(self, run: Run) -> None:
        site = run.record(Site)
        run.remember("before", lambda: json.dumps({"name": site.name, "chosen": site.chosen}))
        _apply(run, run.params.get("name") or site.name, merged(site.chosen, _wanted(run)))

    def undo(self, run: Run) -> None:
        if before := run.memo.get("before"):
            _apply(run, **json.loads(before))


class VisitChangedSite(Step):
    """Fetch the home page again: it must be no worse than it was."""

    key = "settings-visit"

    def plan(self, run: Run) -> str:
        return "Fetch the home page and see that it is no worse than before; else go back"

    def do(self, run: Run) -> None:
        if not ran(run):
            return
        site = run.record(Site)
        noted = _memo(run, LookAtSite.key), json.loads(_memo(run, ApplySettings.key)["before"])
        site.name = noted[1]["name"]  # the page bears the title that the application was installed with
        before, after = Page(noted[0]["page"]), page_of(site)
        if "document_root" in _wanted(run):
            before = min(before, Page.SOME)  # another page is what was asked for
        if after < before:
            raise Refused(
                f"With these settings the home page of {site.slug} {SAID[after]}; before, it {SAID[before]}."
                " All is as it was; the logs of the site say more."
            )


def _apply(run: Run, name: str, chosen: dict[str, str]) -> None:
    site = run.record(Site)
    with transaction.atomic():
        if _front_part(site.chosen) != _front_part(chosen):
            site.server.want_front()
        site.name, site.chosen = name, chosen
        site.save(update_fields=["name", "chosen"])
    configure(run, site)


def _front_part(chosen: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in chosen.items() if key in SETTINGS and SETTINGS[key].front}


def _told(key: str, value: str) -> str:
    secret = key in SETTINGS and SETTINGS[key].secret
    return "a new one" if secret and value else value or "the default"


def _wanted(run: Run) -> dict[str, str]:
    found: dict[str, str] = run.params["settings"]
    return found


def _memo(run: Run, key: str) -> dict[str, Any]:
    return dict(run.operation.lines.get(key=key).memo)


def _label(key: str) -> str:
    return SETTINGS[key].label.lower() if key in SETTINGS else key
