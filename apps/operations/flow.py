"""What a lifecycle is made of: steps in order, each with a key for the journal and the seed's numbers it carries."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from apps.operations.run import Run


class Step(ABC):
    """One thing done to the machine, and how to take it back."""

    key: ClassVar[str]
    """Stands in the journal: never changed, never used again for something else."""

    def check(self, run: Run) -> None:  # noqa: B027 - a step with nothing in its way leaves this empty
        """Look, change nothing, and raise Refused if ``do`` must not begin.

        Runs only while the step has no journal line, so it is the guard against taking over, and later removing,
        what somebody else put there.
        """

    @abstractmethod
    def plan(self, run: Run) -> str:
        """Say in a sentence what would happen. Has no machine to look at."""

    def question(self, run: Run) -> tuple[str, dict[str, Any]] | None:
        """The kind and the parameters of a question whose answer, a sentence, a plan tells too. Most have none."""
        return None

    @abstractmethod
    def do(self, run: Run) -> None:
        """Do it. May run twice: the second time finds its own work and carries on."""

    def undo(self, run: Run) -> None:  # noqa: B027 - one that changes nothing outside leaves this empty
        """Take it back, also after a ``do`` that stopped half way: what is not there is already undone."""


class Records:
    """The lines of the seed that the request itself carries. Runs inside the transaction that ends the operation."""

    def finish(self, run: Run) -> None:
        """The operation is done: say so on the subject's own row."""

    def undo(self, run: Run) -> None:
        """Every step is taken back: remove the rows that the request wrote."""


@dataclass(frozen=True)
class Line:
    """A step in its place in a flow, and the numbers of the seed's list that it carries: none, one or several."""

    step: Step
    seed: tuple[int, ...] = ()
    position: int = 0

    @property
    def key(self) -> str:
        return self.step.key


def line(numbers: int | tuple[int, ...], step: Step) -> Line:
    return Line(step, (numbers,) if isinstance(numbers, int) else numbers)


@dataclass(frozen=True)
class Flow:
    """An ordered list of steps under its heading in the seed; or, where the seed has none for it, with a *title*.

    *in_request* are the numbers that the lifecycle function itself carries. Past the step *no_return* there is
    only forward. *long* flows have a queue of their own, so that no backup delays a start.
    """

    name: str
    _: KW_ONLY
    seed: str = ""
    title: str = ""
    in_request: tuple[int, ...] = ()
    steps: Sequence[Step | Line]
    records: Records = field(default_factory=Records)
    no_return: str = ""
    long: bool = False

    def __post_init__(self) -> None:
        keys = [line.key for line in self.lines]
        if len(set(keys)) != len(keys) or self.name in FLOWS:
            raise ValueError(f"{self.name}: a flow's name and its steps' keys are used once")
        FLOWS[self.name] = self

    def __str__(self) -> str:
        return self.name

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        entries = (entry if isinstance(entry, Line) else Line(entry) for entry in self.steps)
        return tuple(Line(entry.step, entry.seed, place) for place, entry in enumerate(entries, 1))

    def line(self, key: str) -> Line:
        return next(line for line in self.lines if line.key == key)

    def past_return(self, begun: set[str]) -> bool:
        """Whether a step was begun past which there is no honest way back."""
        return bool(self.no_return) and self.no_return in begun


FLOWS: dict[str, Flow] = {}
