"""The steps that make and unmake a site's account, its folders and its files."""

from __future__ import annotations

import json

from apps.databases.naming import new_password
from apps.host.errors import CommandFailed, NotStarted, Refused
from apps.host.printable import printable
from apps.operations.flow import Step
from apps.operations.questions import SECRET
from apps.operations.run import Run
from apps.sites.facts import facts_of, kind_of, owner_of
from apps.sites.kinds.base import Kind
from apps.sites.models import Site


class CreateSiteUser(Step):
    """A Unix account for the site alone. Where the panel is not root, every site is the caller."""

    key = "site-user"

    def check(self, run: Run) -> None:
        name = run.places.site_user(run.record(Site).pk)
        if run.host.users.exists(name):
            raise Refused(f"The Unix account {name} is there and the panel did not make it; remove it first.")

    def plan(self, run: Run) -> str:
        return f"Create the Unix account {run.places.site_user(run.record(Site).pk)}"

    def do(self, run: Run) -> None:
        run.host.users.create(run.places.site_user(run.record(Site).pk))

    def undo(self, run: Run) -> None:
        run.host.users.remove(run.places.site_user(run.record(Site).pk))


class CreateSiteDirectory(Step):
    key = "site-directory"

    def check(self, run: Run) -> None:
        slug = run.record(Site).slug
        if run.host.files.site_exists(slug):
            raise Refused(f"{slug} has a directory under {run.places.root} that the panel did not make; move it away.")

    def plan(self, run: Run) -> str:
        return f"Create the directory {run.places.site(run.record(Site).slug)}"

    def do(self, run: Run) -> None:
        site = run.record(Site)
        run.host.files.make_site(site.slug, owner_of(run, site))

    def undo(self, run: Run) -> None:
        site = run.record(Site)
        run.host.files.remove_site(site.slug, owner_of(run, site))


class CopyApplication(Step):
    """The kind's own files: a release from the cache, or a first page. They go with the directory."""

    key = "application-files"

    def plan(self, run: Run) -> str:
        site = run.record(Site)
        source = kind_of(site).source
        what = source.label if source else "a first page"
        if source and not source.archive:
            what = f"the administrator's own {source.label}, or else a first page,"
        return f"Copy {what} to {run.places.public(site.slug)}"

    def do(self, run: Run) -> None:
        site = run.record(Site)
        kind, owner = kind_of(site), owner_of(run, site)
        facts = facts_of(run, site)
        texts = {**kind.starter(facts)}
        if kind.source and run.host.sources.offers(kind.source):
            tree = run.host.sources.tree(kind.source, run.progress)
            run.host.files.copy_as(owner, site.slug, tree, "public", run.progress)
        else:
            texts |= kind.placeholder(facts)
        for folder in kind.folders:
            run.host.files.make_folder_as(owner, site.slug, folder)
        for relative, text in texts.items():
            run.host.files.write_as(owner, site.slug, relative, text)


class WriteSiteConfig(Step):
    key = "site-config"

    def plan(self, run: Run) -> str:
        site = run.record(Site)
        file = kind_of(site).config_file
        return f"Write {run.places.site(site.slug) / file}" if file else "This kind has no configuration file"

    def do(self, run: Run) -> None:
        site = run.record(Site)
        kind = kind_of(site)
        if kind.config_file is not None:
            text = kind.config(facts_of(run, site))
            run.host.files.write_as(owner_of(run, site), site.slug, kind.config_file, text, 0o640)


class InstallApplication(Step):
    """Brings the application to where its administrator can log in. The first password is the panel's own."""

    key = "application"

    def plan(self, run: Run) -> str:
        kind = kind_of(run.record(Site))
        administrator = " and make its administrator" if kind.admin_path else ""
        return f"Install {kind.label}{administrator}" if kind.installer else "Nothing to install"

    def do(self, run: Run) -> None:
        site = run.record(Site)
        kind = kind_of(site)
        if kind.installer is None:
            return
        password = run.remember_secret(SECRET, new_password) if kind.admin_path else ""
        answers = json.dumps(kind.install_input(facts_of(run, site), password)).encode()
        try:
            php = run.host.php.at(site.runtime.path)
            php.script(owner_of(run, site), kind.installer, answers, run.places.public(site.slug))
        except NotStarted:
            raise
        except CommandFailed as failed:
            run.host.mysql.ping()  # if the server is away, that is why, and it may come back
            raise Refused(_reason(kind, failed)) from failed


def _reason(kind: Kind, failed: CommandFailed) -> str:
    """The installer's last line as a sentence. It is shown, and never believed."""
    sentence = f"{kind.label} could not be installed: "
    last = (failed.output.strip().splitlines() or [f"it ended with code {failed.code}"])[-1]
    said = printable(last, 300)
    return f"{sentence}{said.removeprefix(sentence).rstrip('.')}. Correct that, then create the site again."
