"""Records of one row, which comes with an operation or goes with it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Model

from apps.operations.flow import Records
from apps.operations.run import Run


@dataclass(frozen=True)
class NewRow(Records):
    """The request wrote it: it goes again where the operation is taken back."""

    model: type[Model]

    def undo(self, run: Run) -> None:
        _remove(run, self.model)


@dataclass(frozen=True)
class OldRow(Records):
    """It goes when the operation is done."""

    model: type[Model]

    def finish(self, run: Run) -> None:
        _remove(run, self.model)


def _remove(run: Run, model: type[Model]) -> None:
    if row := run.find(model):
        row.delete()
