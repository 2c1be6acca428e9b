"""Database Lifecycle / 2. Database Password Rotation 6: the site's own configuration, and the proof that it works."""

from __future__ import annotations

import json

from django.utils.timezone import now

from apps.databases.configuration import Configuration, read
from apps.databases.login import SCRIPT
from apps.databases.models import Database
from apps.databases.steps.rotation import Rotating, old_and_new, save
from apps.host.errors import CommandFailed, NotStarted, Refused
from apps.operations.flow import Step
from apps.operations.run import Run
from apps.sites.models import Site
from apps.sites.owner import kind_of, owner_of
from apps.workers.roster import worker_of
from apps.workers.steps import config_text


class WriteNewPassword(Rotating):
    """Rotation 6. In the site's own text one value is changed, by the site's own user.

    An application in memory has read the old one: it is started anew by a reload, which loses no request.
    """

    key = "rotation-config"

    def plan(self, run: Run) -> str:
        site = run.record(Site)
        file = kind_of(site).config_file
        if file is None:
            return "This kind has no configuration file"
        return f"Put the new password into {run.places.site(site.slug) / file}, if it uses {run.record(Database)}"

    def do(self, run: Run) -> None:
        database, configuration = run.record(Database), _of_this_database(run)
        before = database.rotated_at
        run.remember("before", lambda: before.isoformat() if before else "")
        save(database, rotated_at=run.remember("rotated_at", lambda: now().isoformat()))
        if configuration is None:
            _refuse_link(run)
            return
        _refuse_copies(run)
        old, new = old_and_new(run)
        if configuration.password not in (old, new):
            raise Refused(
                f"The password in {configuration.file} is not the one of {database}; put that there first"
                f" (./panel database reveal {database}), and try again."
            )
        _put(run, configuration, new)

    def back(self, run: Run, database: Database) -> None:
        configuration = _of_this_database(run)
        save(database, rotated_at=run.memo.get("before") or None)
        old, new = old_and_new(run)
        if configuration is not None and (configuration.says(new) or configuration.says(old)):
            _put(run, configuration, old)  # also where it is there again: the worker may not have been told


class TryNewPassword(Step):
    """Log in with what now stands in the configuration, by the site's own PHP and as its user."""

    key = "rotation-try"

    def plan(self, run: Run) -> str:
        return f"Log in to {run.record(Database)} with the new password, through the site's PHP"

    def do(self, run: Run) -> None:
        site, database = run.record(Site), run.record(Database)
        configuration = _of_this_database(run)
        new = old_and_new(run)[1]
        if configuration and configuration.password != new:
            raise Refused(f"{configuration.file} was changed meanwhile; try again when nobody works on it.")
        told = {"user": database.name, "database": database.name, "socket": str(run.places.mysql_socket)}
        asked = json.dumps({**told, "password": new}).encode()
        try:
            answer = run.host.php.at(site.runtime.path).script(owner_of(run, site), SCRIPT, asked)
        except NotStarted:
            raise
        except CommandFailed as failed:
            run.host.mysql.ping()  # if the server is away, that is why, and it may come back
            raise _does_not_log_in(site) from failed
        if answer.strip() != b"in":
            raise _does_not_log_in(site)


def _put(run: Run, configuration: Configuration, password: str) -> None:
    """Write *password* into the site's file, if it is not there already. Then start anew what is in memory."""
    site = run.record(Site)
    if configuration.password != password:
        text = configuration.with_password(password)
        run.host.files.write_as(owner_of(run, site), site.slug, configuration.file, text)
    run.host.files.write(run.places.worker_config(site.pk), config_text(run, site), 0o644)
    if run.host.supervisor.status(worker_of(site, run.host)).running:
        run.host.supervisor.start(worker_of(site, run.host))  # one that runs takes what has changed


def _of_this_database(run: Run) -> Configuration | None:
    configuration = read(run, run.record(Site))
    return configuration if configuration and configuration.database == run.record(Database).name else None


def _refuse_link(run: Run) -> None:
    """Where the site keeps its configuration elsewhere, it would be left with the old password."""
    site = run.record(Site)
    file = kind_of(site).config_file
    if file and run.host.files.is_no_file_as(owner_of(run, site), site.slug, file):
        raise Refused(f"{file} is a link or a folder, which the panel does not follow; put the file itself there.")


def _refuse_copies(run: Run) -> None:
    site = run.record(Site)
    keys = kind_of(site).config_keys
    for file in keys.copies if keys else ():
        if run.host.files.is_file_as(owner_of(run, site), site.slug, file):
            raise Refused(f"{file} has a copy of the password: clear that cache (php artisan config:clear) first.")


def _does_not_log_in(site: Site) -> Refused:
    return Refused(f"The PHP of {site.slug} cannot log in with the new password; the old one holds on.")
