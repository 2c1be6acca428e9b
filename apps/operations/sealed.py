"""What of the journal is sealed: secrets that a step remembers, and those that came with a request."""

from __future__ import annotations

from apps.operations.models import Operation, StepRun
from apps.operations.sealing import register

register(StepRun, "memo", server="operation__server", told="first passwords of applications")
register(StepRun, "memo", server="operation__server", told="what was sent to it", letters=True)
register(Operation, "params", server="server", told="what was sent to it", letters=True)
