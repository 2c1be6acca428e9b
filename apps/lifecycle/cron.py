"""A site's cron jobs: made, changed, paused, resumed, run at once, deleted. The seed has no list for it."""

from __future__ import annotations

from typing import Any

from apps.cron import commands, schedule
from apps.cron.models import Cron
from apps.cron.records import LEAST, MOST, new_job
from apps.cron.steps import AskForRun, ChangeJob, EndRun, LookForScript, SetClock, SwitchJob, WaitForRun
from apps.lifecycle.requests import CHANGE, OPERATE, must_be, require
from apps.operations.asking import Ask
from apps.operations.checking import checked
from apps.operations.enqueue import enqueue
from apps.operations.entry import lifecycle
from apps.operations.flow import Flow
from apps.operations.models import Operation
from apps.operations.refusals import Full, WrongState
from apps.operations.rows import NewRow, OldRow
from apps.sites.models import Site
from apps.sites.steps.status import CheckState

Status = Site.Status
CHANGEABLE = (Status.ACTIVE, Status.INACTIVE, Status.MAINTENANCE)
RUNNABLE = (Status.ACTIVE,)
CHECK = CheckState(CHANGEABLE, "given cron jobs")
LIMIT = 300
JOBS = 50
"""That a site may have."""

CREATE = Flow(
    "cron.create", title="Cron Job Creation", steps=(CHECK, LookForScript(), SetClock()), records=NewRow(Cron)
)
UPDATE = Flow("cron.update", title="Cron Job Change", steps=(CHECK, LookForScript(), ChangeJob()))
STOP = Flow("cron.stop", title="Cron Job Pause", steps=(CHECK, SwitchJob(active=False)))
START = Flow("cron.start", title="Cron Job Resumption", steps=(CHECK, SwitchJob(active=True)))
TEST = Flow(
    "cron.test", title="Cron Job Run", steps=(CheckState(RUNNABLE, "made to run a job"), AskForRun(), WaitForRun())
)
DELETE = Flow(
    "cron.delete", title="Cron Job Deletion", steps=(CHECK, SwitchJob(active=False), EndRun()), records=OldRow(Cron)
)


@lifecycle("cron.create")
def create_job(ask: Ask, site: Site, schedule: str, command: str, *, limit: int = LIMIT) -> Operation:
    """Let *site* do *command* at the times of *schedule*, for *limit* seconds at most."""
    require(ask, "cron:change", CHANGE, site)
    values = _checked(schedule=schedule, command=command, limit=limit)
    if site.crons.count() >= JOBS:
        raise Full(f"{site.slug} has {JOBS} cron jobs, which is the most; delete one first.")
    return _enqueue(CREATE, ask, new_job(site, **values), CHANGEABLE)


@lifecycle("cron.update")
def update_job(
    ask: Ask, cron: Cron, *, schedule: str | None = None, command: str | None = None, limit: int | None = None
) -> Operation:
    """Change what is given. A run that is at work ends as it began."""
    require(ask, "cron:change", CHANGE, cron.site)
    asked = {"schedule": schedule, "command": command, "limit": limit}
    wanted = _checked(**{name: value for name, value in asked.items() if value is not None})
    operation = _enqueue(UPDATE, ask, cron, CHANGEABLE, wanted=wanted)
    if all(getattr(cron, name) == value for name, value in wanted.items()):
        raise WrongState(f"{cron.name} is like that already; nothing is left to do.")
    return operation


@lifecycle("cron.stop")
def stop_job(ask: Ask, cron: Cron) -> Operation:
    """Pause it: its time does not come until it is resumed. What runs of it ends as it began."""
    return _switch(STOP, ask, cron, "paused", active=False)


@lifecycle("cron.start")
def start_job(ask: Ask, cron: Cron) -> Operation:
    """Resume it: it runs again from its next time on."""
    return _switch(START, ask, cron, "not paused", active=True)


@lifecycle("cron.test")
def run_job(ask: Ask, cron: Cron) -> Operation:
    """Run it now, beside its schedule; what it says is kept with its runs."""
    require(ask, "cron:operate", OPERATE, cron.site)
    return _enqueue(TEST, ask, cron, RUNNABLE)


@lifecycle("cron.delete")
def delete_job(ask: Ask, cron: Cron) -> Operation:
    """Remove the job and its runs. Not one that the site's software relies on: that can be paused or changed."""
    require(ask, "cron:change", CHANGE, cron.site)
    if cron.built_in:
        raise WrongState(f"The software of {cron.site.slug} relies on {cron.name}; pause it, or change when it runs.")
    return _enqueue(DELETE, ask, cron, CHANGEABLE)


def _switch(flow: Flow, ask: Ask, cron: Cron, state: str, *, active: bool) -> Operation:
    require(ask, "cron:operate", OPERATE, cron.site)
    operation = _enqueue(flow, ask, cron, CHANGEABLE)
    if cron.active == active and operation.status != Operation.Status.WAITING:
        raise WrongState(f"{cron.name} is {state} already; nothing is left to do.")
    return operation


def _enqueue(flow: Flow, ask: Ask, cron: Cron, states: tuple[Status, ...], **params: Any) -> Operation:
    site, params = cron.site, {"cron_id": cron.pk, **params}
    operation = enqueue(flow, site, site.server, ask, params=params, resources=[f"site:{site.pk}"])
    must_be(site, operation, states, "given cron jobs" if states is CHANGEABLE else "made to run a job")
    return operation


def _checked(**asked: Any) -> dict[str, Any]:
    """*asked* in normal form. Raises Invalid."""
    return checked({"schedule": schedule.checked, "command": commands.checked, "limit": _limit}, asked)


def _limit(seconds: int) -> int:
    if not LEAST <= seconds <= MOST:
        raise ValueError(f"a whole number of seconds from {LEAST} to {MOST}")
    return seconds
