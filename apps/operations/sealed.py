"""What of the journal is sealed: secrets that a step remembers."""

from __future__ import annotations

from apps.operations.models import StepRun
from apps.operations.sealing import register

register(StepRun, "memo", server="operation__server", told="first passwords of applications")
