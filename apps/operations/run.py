"""What a step gets: what was asked, the records, the machine, and a memo that outlives a crash."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from django.conf import settings
from django.db.models import Model

from apps.host.errors import Refused
from apps.operations.journal import Journal
from apps.operations.models import Operation, StepRun
from apps.operations.outcome import Again, Cancelled
from frankenpanel.places import Places

if TYPE_CHECKING:
    from apps.host.host import Host

AnyModel = TypeVar("AnyModel", bound=Model)
Value = TypeVar("Value", str, int, float)
PROGRESS_EVERY = 1.0
"""Seconds between two writes of a step's progress."""


class Run:
    """An operation as its steps see it.

    A plan has no journal line and no machine: there *host* refuses, and what would be remembered is forgotten.
    """

    def __init__(
        self,
        operation: Operation,
        host: Callable[[], Host],
        line: StepRun | None = None,
        journal: Journal | None = None,
    ) -> None:
        self.operation = operation
        self.params: dict[str, Any] = operation.params
        self.line = line
        self._host = host
        self._journal = journal
        self._told = 0.0

    @property
    def host(self) -> Host:
        return self._host()

    @property
    def places(self) -> Places:
        return settings.PLACES

    @property
    def memo(self) -> dict[str, Any]:
        return dict(self.line.memo) if self.line else {}

    def record(self, model: type[AnyModel]) -> AnyModel:
        """The row of *model* that the request named, read afresh. Refused if it has gone meanwhile."""
        found = self.find(model)
        if found is None:
            raise Refused(f"The {model._meta.verbose_name} of this operation is not there any more.")
        return found

    def find(self, model: type[AnyModel]) -> AnyModel | None:
        """The same, or None where the request named none or it has gone."""
        pk = self.params.get(f"{model._meta.model_name}_id")
        return model._default_manager.filter(pk=pk).first() if pk is not None else None

    def remember(self, key: str, make: Callable[[], Value]) -> Value:
        """The memo's *key*, made and saved before the act the first time, and the same in every later run."""
        if self.line is None or self._journal is None:
            return make()
        if key not in self.line.memo:
            self.line.memo[key] = make()
            self._journal.save(self.line, "memo")
        value: Value = self.line.memo[key]
        return value

    def remember_secret(self, key: str, make: Callable[[], str]) -> str:
        """Like ``remember``, sealed: the journal never holds the plain text."""
        sealed = self.remember(key, lambda: self.host.vault.seal(make()))
        return self.host.vault.open(sealed)

    def progress(self, done: int, total: int, text: str = "") -> None:
        """Show how far the step is, at most once a second. Raises Cancelled once a cancel was asked for."""
        if self.line is None or self._journal is None or monotonic() - self._told < PROGRESS_EVERY:
            return
        self._told = monotonic()
        self.line.progress_done, self.line.progress_total, self.line.progress_text = done, total, text[:200]
        self._journal.save(self.line, "progress_done", "progress_total", "progress_text")
        if Operation.objects.filter(pk=self.operation.pk, cancel_asked=True).exists():
            raise Cancelled("Cancelled.")

    def note(self, text: str) -> None:
        """What the step has found: shown beside it for good. Cut where it is too long."""
        if self.line is not None and self._journal is not None:
            self.line.memo[StepRun.NOTE] = text[:200]
            self._journal.save(self.line, "memo")

    def again(self, seconds: float, reason: str) -> NoReturn:
        """Not finished: run this step again after *seconds*, and show *reason* meanwhile."""
        raise Again(seconds, reason)
