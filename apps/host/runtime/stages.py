"""Long work in stages: each is done once, and work that was broken off goes on with the first one missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from apps.host.errors import CommandFailed, Refused
from apps.host.runtime.locate import Say

OnLine = Callable[[str], None]
TOLD_EVERY = 5
"""Percent between two lines of progress."""


@dataclass(frozen=True)
class Stage:
    """A part of the work. *share* is its part of the whole in percent; *lines* is what it prints.

    *act* must be able to run again after it was broken off anywhere.
    """

    key: str
    text: str
    share: int
    lines: int
    act: Callable[[OnLine], None]


def carry_out(stages: Sequence[Stage], folder: Path, say: Say) -> None:
    """Run the stages that have no marker in *folder* yet, and keep what they print in its file ``log``.

    Refused, with where to read on, when a program of a stage fails.
    """
    folder.mkdir(parents=True, exist_ok=True)
    before = 0
    with (folder / "log").open("a", encoding="utf-8") as log:
        for stage in stages:
            marker = folder / f"{stage.key}.done"
            if not marker.exists():
                _one(stage, Progress(stage, before, log.write, say), folder)
                marker.touch()
            before += stage.share


def _one(stage: Stage, progress: Progress, folder: Path) -> None:
    progress.tell()
    try:
        stage.act(progress.line)
    except CommandFailed as error:
        raise Refused(f"{stage.text} failed: {error}\nThe whole of it is in {folder / 'log'}.") from error


class Progress:
    """How far the whole is, guessed from how many lines a stage has printed of those it printed elsewhere."""

    def __init__(self, stage: Stage, before: int, write: Callable[[str], object], say: Say) -> None:
        self.stage = stage
        self.before = before
        self.write = write
        self.say = say
        self.seen = 0
        self.told = before

    def line(self, text: str) -> None:
        self.write(text + "\n")
        self.seen += 1
        if self.percent >= self.told + TOLD_EVERY:
            self.tell()

    def tell(self) -> None:
        self.told = self.percent
        self.say(f"{self.percent:3d} %  {self.stage.text}")

    @property
    def percent(self) -> int:
        return self.before + self.stage.share * min(self.seen, self.stage.lines - 1) // self.stage.lines
