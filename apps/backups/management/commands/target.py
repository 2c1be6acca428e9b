"""``./panel target …``"""

from __future__ import annotations

from typing import ClassVar

from apps.backups.target_acts import TARGET
from apps.operations.doors.command import verbs_of
from apps.operations.management.base import NounCommand


class Command(NounCommand):
    help = "Places where backups are copied to: create, list, show, test, remove."
    verbs: ClassVar = tuple(verbs_of(TARGET))
