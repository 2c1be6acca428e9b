"""``./panel backup …``"""

from __future__ import annotations

from typing import ClassVar

from apps.backups.acts import BACKUP
from apps.operations.doors.command import verbs_of
from apps.operations.management.base import NounCommand


class Command(NounCommand):
    help = "Backups of sites: create, list, show, and every act of their lifecycle."
    verbs: ClassVar = tuple(verbs_of(BACKUP))
