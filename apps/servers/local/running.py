"""The panel's servers and all active sites, brought up and taken down as a whole."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connections

from apps.backups.recovery import warning
from apps.domains import serving
from apps.host.errors import Refused
from apps.host.host import Host
from apps.host.local import this_host
from apps.host.services import STARTED, Services
from apps.host.supervisor import Worker
from apps.host.supervisor.ports import port_holder
from apps.host.turns import one_at_a_time
from apps.operations.refusals import Refusal
from apps.operations.telling import NoDatabase, refusal_of
from apps.servers.local import addresses, ready, sites
from apps.servers.local.prepare import Say, environment, prepare, separate
from apps.servers.local.programs import services as programs
from apps.servers.models import Server
from apps.workers.roster import active_workers

FIRST = ("mariadb", "front")
REST = ("web", "runner", "runner-long", "runner-cron", "beat")
TAKERS = ("beat", "runner-cron", "runner-long", "runner", "web", "front")
"""Nothing may start a site again, or ask for one, while the sites are stopped."""


def supervisord() -> Services:
    return Services(settings.PLACES, settings.BASE_DIR)


def up(say: Say) -> None:
    """Start what does not run yet. Refused with a sentence when one of the servers does not come up."""
    other = "Another ./panel up is under way here; waiting for it."
    with one_at_a_time(settings.PLACES.locks / "panel.lock", lambda: say(other)):
        if not separate():
            say("You are not root: all sites run as you. As root, each would have a user of its own.")
        addresses.must_answer()
        panel = prepare(say)
        addresses.keep()
        host, services = this_host(), supervisord()
        frankenphp = Path(settings.FRANKENPHP)
        services.start(programs(frankenphp, panel, separate=separate()), environment())
        _ports_are_free(services)
        checks = ready.checks(services, host.mysql, frankenphp)
        for name in FIRST:
            services.up(name)
        for name in FIRST:
            ready.wait(services, name, checks[name])
        host.mysql.harden()
        for name in REST:
            services.up(name)
        _serve(host, say)
        for name in REST:
            ready.wait(services, name, checks[name])


def down(say: Say) -> None:
    """Stop the sites and the servers. What does not run is no error."""
    host, services = this_host(), supervisord()
    with one_at_a_time(settings.PLACES.locks / "panel.lock"):
        if services.running():
            services.down(TAKERS)
        workers, trouble = _started(host)
        for failure in sites.stop(host, workers):
            say(failure)
        connections.close_all()
        services.end()
    if trouble:
        raise trouble


def tell_what_lacks(say: Say) -> None:
    """What nobody would miss before it is too late."""
    if lacks := warning(Server.objects.get(name=settings.SERVER)):
        say(lacks)


def _serve(host: Host, say: Say) -> None:
    """The newest state of the front, and the workers of the active sites."""
    server = Server.objects.get(name=settings.SERVER)
    serving.load(server, host, server.want_front())
    for failure in sites.start(host, active_workers(host, settings.SERVER)):
        say(failure)


def _started(host: Host) -> tuple[list[Worker], Refusal | None]:
    """The workers to stop; and why they cannot be told, where there are some and the records are away."""
    try:
        return sites.started_workers(host), None
    except DatabaseError as error:
        # a panel that never was up has no records, and so no sites
        left = list((settings.ROOT / "runtime").glob("worker_*.pid"))
        why = f"{refusal_of(error)} Its {len(left)} sites run on: once it answers, ./panel down stops them too."
        return [], NoDatabase(why) if left else None


def _ports_are_free(services: Services) -> None:
    if services.process("front").state == STARTED:
        return
    for name in ("HTTP_PORT", "HTTPS_PORT"):
        port = getattr(settings, name)
        if holder := port_holder(port):
            how = f"stop that, or set FRANKENPANEL_{name} to another port"
            raise Refused(f"The front's port {port} is taken by {holder}; {how}.")
