"""``./panel cron …``"""

from __future__ import annotations

from apps.cron.acts import CRON
from apps.operations.doors.command import verbs_of
from apps.operations.management.base import NounCommand


class Command(NounCommand):
    help = "Cron jobs of sites: create, list, show, pause, run, and what their runs said."
    verbs = verbs_of(CRON)
