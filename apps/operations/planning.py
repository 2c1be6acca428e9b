"""What a flow would do, told without a machine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NoReturn

from django.contrib.auth.models import User

from apps.host.errors import HostError
from apps.operations import questions
from apps.operations.flow import FLOWS
from apps.operations.models import Operation
from apps.operations.run import Run
from apps.servers.models import Server

PATIENCE = 30.0
"""Seconds that a plan waits for what a runner says of it."""


@dataclass(frozen=True)
class PlannedStep:
    """*question*: what a runner knows of it beforehand, and is to be asked for."""

    number: int
    key: str
    seed: tuple[int, ...]
    sentence: str
    question: tuple[str, dict[str, Any]] | None = None


@dataclass(frozen=True)
class Plan:
    flow: str
    subject: str
    server: Server
    steps: tuple[PlannedStep, ...]


def plan_of(operation: Operation) -> Plan:
    """The steps of *operation*, each a sentence with the names, paths, ports and domains filled in."""
    run = Run(operation, _no_machine)
    steps = tuple(
        PlannedStep(line.position, line.key, line.seed, line.step.plan(run), line.step.question(run))
        for line in FLOWS[operation.flow].lines
    )
    return Plan(operation.flow, operation.subject_label, operation.server, steps)


def foretold(plan: Plan, user: User | None) -> Plan:
    """*plan* with what a runner says of its steps. It takes a moment, so no transaction may be open."""
    return replace(plan, steps=tuple(_foretold(step, plan.server, user) for step in plan.steps))


def _foretold(step: PlannedStep, server: Server, user: User | None) -> PlannedStep:
    if step.question is None:
        return step
    kind, params = step.question
    try:
        said = str(questions.ask(kind, server, user, wait=PATIENCE, **params))
    except HostError as error:
        said = f"how much that is cannot be said: {error}"
    return replace(step, sentence=f"{step.sentence}: {said}", question=None)


def _no_machine() -> NoReturn:
    raise RuntimeError("a plan looks at no machine")
