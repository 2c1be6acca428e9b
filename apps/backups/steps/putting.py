"""Backup Restore 4: the files beside in the place of the site's own, and the site running from them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from apps.backups.models import Backup
from apps.backups.steps.beside import aside_of
from apps.backups.wanted import TOPS, tops_of
from apps.databases.configuration import Login, read
from apps.databases.models import Database
from apps.host.errors import Refused
from apps.host.exchange import exchange, unit
from apps.operations.flow import Step
from apps.operations.run import Run
from apps.servers.steps import SAID, Page, page_of
from apps.sites.models import Site
from apps.sites.owner import kind_of, owner_of
from apps.workers import state
from apps.workers.steps.running import ran, restart


class AdaptConfiguration(Step):
    """A password that was rotated since, or a database of another name: what is restored must find its own."""

    key = "restore-config"

    def plan(self, run: Run) -> str:
        file = kind_of(run.record(Site)).config_file
        if not run.params["files"] or file is None:
            return "No configuration is restored"
        return f"Put the database's name and password of today into the restored {file}"

    def do(self, run: Run) -> None:
        if not run.params["files"]:
            return
        site = run.record(Site)
        configuration = read(run, site, aside_of(run))
        if configuration is None:
            return
        database = _meant(run, site, configuration.database)
        if database is None:
            run.note(f"{configuration.file} names no database of this site; it was left as it is.")
            return
        password, socket = run.host.vault.open(database.sealed_password), str(run.places.mysql_socket)
        text = configuration.with_login(Login(database.name, password, socket))
        run.host.files.write_as(owner_of(run, site), aside_of(run), configuration.file, text)


def _meant(run: Run, site: Site, name: str) -> Database | None:
    """The database of the site's that stands for the one called *name* when the backup was made."""
    into = {saved: int(pk) for pk, saved in run.params.get("from", {}).items()}
    active = site.databases.filter(status=Database.Status.ACTIVE)
    return active.filter(pk=into.get(name, 0)).first() or active.filter(name=name).first()


class ExchangeFiles(Step):
    """``private`` and ``public`` change places with those beside, each at once: no reader ever finds neither.

    Not the site's folder itself, which a worker of systemd has mounted; ``tmp`` is nobody's to restore.
    """

    key = "restore-exchange"

    def plan(self, run: Run) -> str:
        if not run.params["files"]:
            return "The site's files stay as they are"
        tops = run.params["path"] or " and ".join(tops_of(run.record(Backup)))
        return f"Exchange {tops} of the site with what lies beside"

    def do(self, run: Run) -> None:
        site = run.record(Site)
        if ran(run):
            run.remember("page", lambda: int(page_of(site)))
        if run.params["path"]:
            self._exchange_path(run, site)
        else:
            for top in tops_of(run.record(Backup)) if run.params["files"] else ():
                coming = run.remember(f"coming-{top}", partial(run.host.files.number_of, aside_of(run), top))
                run.host.files.exchange(site.slug, aside_of(run), top, coming)

    def undo(self, run: Run) -> None:
        site, memo = run.record(Site), run.memo
        going = [top for top in reversed(TOPS) if f"coming-{top}" in memo]
        for top in going:
            run.host.files.exchange(aside_of(run), site.slug, top, memo[f"coming-{top}"])
        if "number" in memo:
            here, there = _both(run, site)
            exchange(owner_of(run, site), there, here, memo["unit"], memo["number"])
        if ran(run) and (going or "number" in memo):
            _restart(run, site)

    def _exchange_path(self, run: Run, site: Site) -> None:
        owner, (here, there) = owner_of(run, site), _both(run, site)
        if "number" not in run.memo:
            name, number = unit(owner, here, there, run.params["path"])
            run.remember("unit", lambda: name)
            run.remember("number", lambda: number)
        exchange(owner, here, there, run.memo["unit"], run.memo["number"])


class RunRestored(Step):
    """The worker starts anew with the files that are there now; its page must be no worse than before.

    Another page is none the worse: what is restored may be older, or from elsewhere.
    """

    key = "restore-run"

    def plan(self, run: Run) -> str:
        return "Restart the worker if it ran, and see that the home page is no worse than before; else go back"

    def do(self, run: Run) -> None:
        site = run.record(Site)
        if not ran(run):
            return
        if run.params["files"]:
            _restart(run, site)
        before, after = Page(run.operation.lines.get(key=ExchangeFiles.key).memo["page"]), page_of(site)
        if after < min(before, Page.SOME):
            raise Refused(
                f"With this backup the home page of {site.slug} {SAID[after]}; before, it {SAID[before]}."
                " All is as it was; the logs of the site say more."
            )
        run.note(f"The home page {SAID[after]}.")


def _both(run: Run, site: Site) -> tuple[Path, Path]:
    return run.places.site(site.slug), run.places.site(aside_of(run))


def _restart(run: Run, site: Site) -> None:
    restart(run, site)
    state.started(site)
