"""A new site out of an archive: databases of its own, with what was saved in them, at its own address."""

from __future__ import annotations

from apps.backups.steps.loading import load_saved
from apps.backups.steps.opening import opened
from apps.backups.wanted import FROM
from apps.databases.configuration import Login as Words
from apps.databases.configuration import read
from apps.databases.naming import new_password
from apps.databases.steps.export import login_of
from apps.databases.steps.scratch import loaded, told
from apps.host.errors import Refused
from apps.operations.flow import Step
from apps.operations.run import Run
from apps.servers.steps import SAID, page_of
from apps.sites.models import Site
from apps.sites.owner import owner_of


class CreateDatabases(Step):
    """Their passwords are sealed and stored before the accounts exist, so that a crash cannot lose them."""

    key = "databases"

    def check(self, run: Run) -> None:
        for database in loaded(run):
            if run.host.mysql.database_exists(database.name) or run.host.mysql.account_exists(database.name):
                raise Refused(f"MySQL has a database or an account {database} that is not the panel's; remove it.")

    def plan(self, run: Run) -> str:
        if not told(run):
            return "There is no database in the backup"
        return f"Create the MySQL database {told(run)}, with an account of its own that may use it alone"

    def do(self, run: Run) -> None:
        for database in loaded(run):
            if not database.sealed_password:
                database.sealed_password = run.host.vault.seal(new_password())
                database.save(update_fields=["sealed_password"])
            run.host.mysql.create(database.name, run.host.vault.open(database.sealed_password))

    def undo(self, run: Run) -> None:
        for database in loaded(run):
            run.host.mysql.drop(database.name)


class FillDatabases(Step):
    """Nobody uses them yet, so they are loaded where they are. A second run begins with nothing.

    One that is not in the archive stays empty.
    """

    key = "databases-fill"

    def plan(self, run: Run) -> str:
        return f"Load what is saved into {told(run)}" if told(run) else "Load nothing"

    def do(self, run: Run) -> None:
        for database in loaded(run):
            saved = run.params[FROM].get(str(database.pk))
            if saved is None:
                continue
            run.host.schemas.empty(database.name, like=database.name)
            with opened(run) as archive:
                load_saved(run, archive, saved, login_of(run, database))


class PointConfiguration(Step):
    """The configuration that came with the files names the other site's database: now it names this one's."""

    key = "clone-config"

    def plan(self, run: Run) -> str:
        return "Put the new database's name, account and password into the site's configuration"

    def do(self, run: Run) -> None:
        site = run.record(Site)
        configuration = read(run, site)
        if configuration is None:
            return
        ours = {name: one for one in loaded(run) for name in (one.name, run.params[FROM].get(str(one.pk)))}
        database = ours.get(configuration.database)
        if database is None:
            run.note(f"{configuration.file} names no database of the backup; it was left as it is.")
            return
        password, socket = run.host.vault.open(database.sealed_password), str(run.places.mysql_socket)
        text = configuration.with_login(Words(database.name, password, socket))
        run.host.files.write_as(owner_of(run, site), site.slug, configuration.file, text)


class LookAtClone(Step):
    """What its home page is like, for whoever asked: a copy of a broken site is a broken site."""

    key = "clone-visit"

    def plan(self, run: Run) -> str:
        return "Fetch the home page from the worker and say how it is"

    def do(self, run: Run) -> None:
        run.note(f"The home page {SAID[page_of(run.record(Site))]}.")
