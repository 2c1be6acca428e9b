"""One run, as its command says: a page that is fetched, or a program of the site's that is run."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from apps.cron.commands import Page, Program, parsed
from apps.cron.models import Cron, CronRun
from apps.host.host import Host
from apps.host.jobs import Job
from apps.host.printable import LINES, printable
from apps.host.visit import fetch
from apps.workers.cli import cli_ini

SHOWN = 8192
NOT_STARTED = 126, 127


@dataclass(frozen=True)
class Ended:
    """*error* is a sentence, empty where all went well."""

    code: int | None
    error: str
    output: str = ""


def do(run: CronRun, host: Host) -> Ended:
    """Raises a HostError where it could not be run at all."""
    command = parsed(run.cron.command)
    return _fetch(run.cron, command) if isinstance(command, Page) else _start(run, command, host)


def _fetch(cron: Cron, page: Page) -> Ended:
    site = cron.site
    status, body = fetch(site.port or 0, site.url.removeprefix("https://"), page.path, cron.limit)
    fine = HTTPStatus.OK <= status < HTTPStatus.BAD_REQUEST
    return Ended(status, "" if fine else f"The page answered {status}.", printable(body, SHOWN, LINES))


def _start(run: CronRun, program: Program, host: Host) -> Ended:
    site, places = run.cron.site, host.places
    file = places.site(site.slug) / program.file
    argv, env = [str(file)], {"HOME": str(places.site(site.slug) / "private")}
    if program.php:
        host.files.write(places.cli_ini(site.pk), cli_ini(places, site), 0o644)
        argv = [site.runtime.path, "php-cli", str(file)]
        env |= {"PHP_INI_SCAN_DIR": str(places.runtime(site.pk)), "XDG_CONFIG_HOME": "/nonexistent"}
    identity = host.users.identity(places.site_user(site.pk))
    lock, limit = places.cron_lock(run.pk), run.cron.limit
    outcome = host.jobs.run(
        Job([*argv, *program.arguments], identity, places.public(site.slug), limit, lock, env)
    )
    return Ended(outcome.code, _why(outcome.code, limit, late=outcome.late), outcome.output)


def _why(code: int, limit: int, *, late: bool) -> str:
    if late:
        return f"It was ended after {limit} seconds, which is its limit."
    if code < 0:
        return f"It was ended by signal {-code}."
    if code in NOT_STARTED:
        return f"It could not be started (code {code}): is the file there, and may the site's user run it?"
    return f"It ended with code {code}." if code else ""
