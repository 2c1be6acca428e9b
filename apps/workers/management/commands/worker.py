"""``./panel worker …``"""

from __future__ import annotations

from apps.operations.doors.command import verbs_of
from apps.operations.management.base import NounCommand
from apps.workers.acts import WORKER


class Command(NounCommand):
    help = "The FrankenPHP process of each site: list, show, start, stop, and its configuration written anew."
    verbs = verbs_of(WORKER)
