"""A worker from its records: the configuration written, the process started or told, in memory or else classic."""

from __future__ import annotations

from apps.host.errors import HostError, Refused
from apps.operations.run import Run
from apps.sites.facts import owner_of
from apps.sites.models import Site
from apps.workers import state
from apps.workers.roster import worker_of
from apps.workers.steps import config_text, has_worker_script


def write_config(run: Run, site: Site, *, in_memory: bool) -> None:
    """Worker Creation 1 to 3. The folders are made anew where a reboot has emptied them."""
    run.host.files.make_runtime(site.pk, owner_of(run, site))
    text = config_text(run, site, in_memory=in_memory)
    run.host.files.write(run.places.worker_config(site.pk), text, 0o644)


def bring_up(run: Run, site: Site) -> None:
    """Write it and start the worker; one that runs takes it without losing a request.

    A script of worker mode that fails costs the site nothing but that: it runs classic, and a note says why. The next
    start tries the script again. Raises as the supervisor's ``start`` does, where it does not run classic either.
    """
    in_memory = has_worker_script(run, site)
    write_config(run, site, in_memory=in_memory)
    try:
        run.host.supervisor.start(worker_of(site, run.host))
    except Refused as refusal:
        if not in_memory:
            raise
        _bring_up_classic(run, site)
        state.is_classic(site, str(refusal))
    else:
        state.is_classic(site)


def _bring_up_classic(run: Run, site: Site) -> None:
    write_config(run, site, in_memory=False)
    try:
        run.host.supervisor.start(worker_of(site, run.host))
    except HostError:
        write_config(run, site, in_memory=True)
        raise
