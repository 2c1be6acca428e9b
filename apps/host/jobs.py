"""A site's cron jobs as processes: as the site's user, within its limits and a time, and gone with all they started."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from apps.host import oplock
from apps.host.as_tenant import interpreter
from apps.host.command import PATH, Identity, holding, run
from apps.host.errors import HostError, Unavailable
from apps.host.printable import LINES, printable
from apps.host.supervisor.launch import limits, privileges

KEEPER = Path(__file__).with_name("keeper.py")
PATIENCE = 30.0
"""Seconds beyond its limit after which the keeper itself must have failed."""


@dataclass(frozen=True)
class Job:
    """*cwd* lies in a folder of root's. *lock* stands for this run: whoever has it open belongs to it."""

    argv: Sequence[str | Path]
    identity: Identity
    cwd: Path
    seconds: float
    lock: Path
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """*code* is below zero where a signal ended it; *late*: its time was over. *output* is the site's word."""

    code: int
    late: bool
    output: str


class Jobs:
    def run(self, job: Job) -> Outcome:
        """Run it to its end. Unavailable where it is running already, or what keeps it is gone."""
        descriptor = oplock.acquire(job.lock)
        if descriptor is None:
            raise Unavailable(f"Another program holds {job.lock}; it is at this run already.")
        try:
            with holding(descriptor):
                argv: list[str | Path] = [interpreter(), "-I", "-S", KEEPER]
                answer = run(argv, stdin=_spoken(job), timeout=job.seconds + PATIENCE)
        except HostError:
            oplock.end_inheritors(job.lock)
            raise
        finally:
            oplock.release(job.lock, descriptor, remove=True)
        return _outcome(json.loads(answer))

    def end(self, lock: Path) -> int:
        """Kill what a run left that nobody keeps any more, or what still runs of it. Returns how many those were."""
        return oplock.end_inheritors(lock)


def _spoken(job: Job) -> bytes:
    user = job.identity
    argv = [*privileges(user), "--", *limits(user), "nice", "-n", "10", *map(str, job.argv)]
    env = {"PATH": PATH, "LC_ALL": "C.UTF-8", **job.env}
    return json.dumps({"argv": argv, "env": env, "cwd": str(job.cwd), "seconds": job.seconds}).encode()


def _outcome(said: dict[str, str | int | bool]) -> Outcome:
    head, tail, left_out = str(said["head"]), str(said["tail"]), int(said["left_out"])
    between = f"\n… {left_out} bytes are left out here …\n" if left_out else ""
    return Outcome(int(said["code"]), bool(said["late"]), printable(f"{head}{between}{tail}", keep=LINES))
