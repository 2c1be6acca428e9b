"""``./panel schedule …``"""

from __future__ import annotations

from typing import ClassVar

from apps.backups.schedule_acts import SCHEDULE
from apps.operations.doors.command import verbs_of
from apps.operations.management.base import NounCommand


class Command(NounCommand):
    help = "When sites are backed up by themselves: create, list, show, change, end."
    verbs: ClassVar = tuple(verbs_of(SCHEDULE))
