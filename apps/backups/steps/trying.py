"""The drill: what is saved runs, beside the site, where nobody sees it. What does not is written down as a fault."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from apps.backups.models import Backup
from apps.backups.steps.beside import ExtractFiles, aside_of
from apps.backups.steps.trying_databases import logins, proving
from apps.databases.configuration import Login as Words
from apps.databases.configuration import read
from apps.host.errors import Refused
from apps.host.trial import Trial, page, running
from apps.operations.flow import Step
from apps.operations.run import Run
from apps.sites.models import Site
from apps.sites.owner import kind_of, owner_of
from apps.workers.config import worker_config
from apps.workers.steps import worker_facts

UNPRIVILEGED = 1024


class TryFiles(ExtractFiles):
    """They are gone again in a moment, so that nobody waits until they are on the disk."""

    def do(self, run: Run) -> None:
        with proving(run):
            self.unpack(run)


class PointTrial(Step):
    key = "drill-config"

    def plan(self, run: Run) -> str:
        return "Let the configuration beside name the databases of the drill"

    def do(self, run: Run) -> None:
        site = run.record(Site)
        configuration = read(run, site, aside_of(run))
        if configuration is None:
            return
        ours = {key: login for name, login in logins(run).items() for key in (name, login.name)}
        login = ours.get(configuration.database)
        if login is not None:
            text = configuration.with_login(Words(login.name, login.password, str(run.places.mysql_socket)))
            run.host.files.write_as(owner_of(run, site), aside_of(run), configuration.file, text)


class RunTrial(Step):
    """Start the site from what was restored, on a Unix socket, and fetch its page: as good as when it was saved."""

    key = "drill-run"

    def plan(self, run: Run) -> str:
        return "Start the site from it on a Unix socket that visitors cannot reach, and fetch its page"

    def do(self, run: Run) -> None:
        site = run.record(Site)
        trial = _trial(run, site)
        run.host.files.write(trial.config, _config(run, site, trial.socket), 0o644)
        with proving(run), running(trial):
            found = page(trial, site.url.removeprefix("https://"), kind_of(site).proof_path)
            was = run.record(Backup).facts.get("page")
            if found.status != was and (was is not None or found.status not in kind_of(site).proof_statuses):
                raise Refused(f"The page of {site.slug} answers {found.status}; when it was saved, {was or 'none'}.")
        run.note(f"Its page answers {found.status}; {len(found.body)} letters.")

    def undo(self, run: Run) -> None:
        run.host.files.remove(_trial(run, run.record(Site)).config)


class ClearTrial(Step):
    """Everything that was made for it goes."""

    key = "drill-clear"

    def plan(self, run: Run) -> str:
        return "Remove all of it: the folder, the databases, the configuration"

    def do(self, run: Run) -> None:
        site = run.record(Site)
        for login in logins(run).values():
            run.host.mysql.drop(login.name)
        run.host.files.remove(_trial(run, site).config)
        run.host.files.remove_site(aside_of(run), owner_of(run, site))


def _trial(run: Run, site: Site) -> Trial:
    folder = run.places.site(aside_of(run))
    return Trial(
        binary=Path(site.runtime.path),
        config=run.places.runtime(site.pk).with_name(f"drill-{run.operation.pk}.json"),
        identity=owner_of(run, site),
        socket=folder / "tmp" / "drill.sock",
        log=run.places.worker_log(aside_of(run)),
    )


def _config(run: Run, site: Site, socket: Path) -> str:
    facts = replace(worker_facts(run, site), slug=aside_of(run), port=UNPRIVILEGED, socket=str(socket), in_memory=False)
    return json.dumps(worker_config(facts), indent=1)
