"""``./panel notice …``"""

from __future__ import annotations

from apps.notices.acts import NOTICE
from apps.operations.doors.command import verbs_of
from apps.operations.management.base import NounCommand


class Command(NounCommand):
    help = "Who is told when something needs a hand, by mail or by a webhook."
    verbs = verbs_of(NOTICE)
