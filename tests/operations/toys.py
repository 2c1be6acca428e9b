"""A flow of small steps that act on a list instead of a machine, and fail when they are told to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ClassVar

from apps.host.errors import HostError
from apps.operations.flow import FLOWS, Flow, Records, Step
from apps.operations.models import Hold, Operation
from apps.operations.run import Run
from apps.servers.models import Server

Act = Callable[[Run], None]


class Toy(Step):
    """Writes down what it was told to do. *acts* are called instead, one a run; the last one for every later run."""

    said: ClassVar[list[str]] = []

    def __init__(self, key: str, *acts: Act, refuses: str = "", undo: Act | None = None) -> None:
        self.key = key  # type: ignore[misc]
        self.acts = list(acts)
        self.refuses = refuses
        self.undoing = undo

    def check(self, run: Run) -> None:
        self.said.append(f"check {self.key}")
        if self.refuses:
            raise _refused(self.refuses)

    def plan(self, run: Run) -> str:
        return f"Do {self.key}"

    def do(self, run: Run) -> None:
        self.said.append(f"do {self.key}")
        if self.acts:
            (self.acts.pop(0) if len(self.acts) > 1 else self.acts[0])(run)

    def undo(self, run: Run) -> None:
        self.said.append(f"undo {self.key}")
        if self.undoing:
            self.undoing(run)


class ToyRecords(Records):
    def finish(self, run: Run) -> None:
        Toy.said.append("finish")

    def undo(self, run: Run) -> None:
        Toy.said.append("records undone")


def _refused(sentence: str) -> HostError:
    from apps.host.errors import Refused

    return Refused(sentence)


@contextmanager
def toy_flow(*steps: Step, no_return: str = "") -> Iterator[Flow]:
    Toy.said.clear()
    flow = Flow("toy", steps=steps, records=ToyRecords(), no_return=no_return)
    try:
        yield flow
    finally:
        del FLOWS["toy"]


def a_toy_operation(resource: str = "toy:1", flow: str = "toy") -> Operation:
    server, _ = Server.objects.get_or_create(name="local")
    operation = Operation.objects.create(
        flow=flow,
        subject_kind="toy",
        subject_id=1,
        subject_label="Toy",
        server=server,
        queue="server.local",
        asker="ana",
        door="test",
        params={"holds": [resource]},
    )
    Hold.objects.create(resource=resource, operation=operation)
    return operation
