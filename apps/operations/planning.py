"""What a flow would do, told without a machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from apps.operations.flow import FLOWS
from apps.operations.models import Operation
from apps.operations.run import Run


@dataclass(frozen=True)
class PlannedStep:
    number: int
    key: str
    seed: tuple[int, ...]
    sentence: str


@dataclass(frozen=True)
class Plan:
    flow: str
    subject: str
    steps: tuple[PlannedStep, ...]


def plan_of(operation: Operation) -> Plan:
    """The steps of *operation*, each a sentence with the names, paths, ports and domains filled in."""
    run = Run(operation, _no_machine)
    steps = tuple(
        PlannedStep(line.position, line.key, line.seed, line.step.plan(run)) for line in FLOWS[operation.flow].lines
    )
    return Plan(operation.flow, operation.subject_label, steps)


def _no_machine() -> NoReturn:
    raise RuntimeError("a plan looks at no machine")
