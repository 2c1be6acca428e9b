"""FrankenPHP Worker Lifecycle, as the site flows use it."""

from __future__ import annotations

import json
from dataclasses import replace

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from apps.host.errors import Refused
from apps.host.visit import visit
from apps.operations.flow import Step
from apps.operations.refusals import Full
from apps.operations.run import Run
from apps.servers.allocation import one_at_a_time
from apps.servers.models import ForeignPort
from apps.sites.facts import kind_of, owner_of
from apps.sites.front_settings import behind_of
from apps.sites.models import Site
from apps.sites.ports import next_free_port
from apps.sites.setting import OFF
from apps.sites.settings import body_limit, ini_of, rules_of, threads_of
from apps.workers import state
from apps.workers.config import WorkerFacts, worker_config
from apps.workers.roster import worker_of


class WriteWorkerConfig(Step):
    """Worker Creation 1 to 3."""

    key = "worker-config"

    def check(self, run: Run) -> None:
        """A stranger on the site's port is written down, and the site gets the next free one."""
        site = run.record(Site)
        if run.host.files.runtime_exists(site.pk):
            raise Refused(f"{run.places.runtime(site.pk)} or a file of its worker is not the panel's; move it away.")
        go_round_strangers(run, site)

    def plan(self, run: Run) -> str:
        site = run.record(Site)
        return f"Write {run.places.worker_config(site.pk)}: port {site.port}, {run.places.public(site.slug)}"

    def do(self, run: Run) -> None:
        site = run.record(Site)
        run.host.files.make_runtime(site.pk, owner_of(run, site))
        run.host.files.write(run.places.worker_config(site.pk), config_text(run, site), 0o644)

    def undo(self, run: Run) -> None:
        run.host.files.remove_runtime(run.record(Site).pk)


def go_round_strangers(run: Run, site: Site) -> None:
    while site.port is not None and (holder := run.host.supervisor.port_holder(site.port)):
        _go_round(site, site.port, holder)


def _go_round(site: Site, port: int, holder: str) -> None:
    with transaction.atomic():
        one_at_a_time()
        ForeignPort.objects.update_or_create(server=site.server, port=port, defaults={"holder": holder[:200]})
        try:
            site.port = next_free_port(site.server)
        except Full as full:
            raise Refused(f"Port {port} is used by {holder}. {full}") from full
        site.save(update_fields=["port"])


def config_text(run: Run, site: Site, *, in_memory: bool | None = None) -> str:
    """What ``worker.json`` shall hold, from the records. A PHP that is not thread safe has one thread.

    *in_memory*: whether the application is kept there; where nothing is said, it is if it can be.
    """
    facts = worker_facts(run, site)
    in_memory = has_worker_script(run, site) if in_memory is None else in_memory
    return json.dumps(worker_config(replace(facts, in_memory=in_memory)), indent=1)


def worker_facts(run: Run, site: Site) -> WorkerFacts:
    """What the records say of the site's worker."""
    return WorkerFacts(
        places=run.places,
        site_id=site.pk,
        slug=site.slug,
        port=site.port or 0,
        public_port=settings.HTTPS_PORT,
        rules=rules_of(site),
        threads=threads_of(site.chosen, thread_safe=site.runtime.thread_safe),
        php_ini=ini_of(site.chosen),
        body_limit=body_limit(site.chosen),
        renewed=_renewed(site),
        behind=behind_of(site.chosen, settings.HTTP_PORT),
    )


def _renewed(site: Site) -> str:
    """When a password of the site's databases was last rotated."""
    last = site.databases.aggregate(last=Max("rotated_at"))["last"]
    return last.isoformat() if last else ""


def has_worker_script(run: Run, site: Site) -> bool:
    """Whether the application can be kept in memory, for which a PHP that is not thread safe has no thread to spare."""
    rules = rules_of(site)
    if rules.worker_mode is None or not site.runtime.thread_safe or site.chosen.get("worker_mode") == OFF:
        return False
    return run.host.files.is_file_as(
        owner_of(run, site), site.slug, f"{rules.document_root}/{rules.worker_mode.script}"
    )


class StartWorker(Step):
    """Worker Start 1 to 5. It has started when it answers through PHP."""

    key = "worker-start"

    def plan(self, run: Run) -> str:
        return f"Start the FrankenPHP worker on port {run.record(Site).port} and wait until PHP answers"

    def do(self, run: Run) -> None:
        site = run.record(Site)
        run.host.supervisor.start(worker_of(site, run.host))
        with transaction.atomic():
            state.started(site)
            _set_front(site, Site.Front.UP)
            site.server.want_front()

    def undo(self, run: Run) -> None:
        site = run.record(Site)
        run.host.supervisor.stop(worker_of(site, run.host))
        _set_front(site, Site.Front.STARTING)


def _set_front(site: Site, front: Site.Front) -> None:
    site.front = front
    site.save(update_fields=["front"])


class VisitSite(Step):
    """Fetch the home page from the worker: the site is ready when it is recognised, and warm for its first visitor."""

    key = "first-visit"

    def plan(self, run: Run) -> str:
        site = run.record(Site)
        return f"Fetch the home page from the worker and see that it is this site's ({kind_of(site).label})"

    def do(self, run: Run) -> None:
        site = run.record(Site)
        kind = kind_of(site)
        page = visit(site.port or 0, site.url.removeprefix("https://"), kind.proof_path, statuses=kind.proof_statuses)
        if not kind.recognises(page, site.name):
            raise Refused(f"The worker of {site.slug} answers, but not with a page of {kind.label}.")
