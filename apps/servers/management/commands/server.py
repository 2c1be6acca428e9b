"""``./panel server …``"""

from __future__ import annotations

from apps.operations.doors.command import verbs_of
from apps.operations.management.base import NounCommand
from apps.servers.acts import SERVER


class Command(NounCommand):
    help = "Servers: list, show, and the relay that their sites' mails go through."
    verbs = verbs_of(SERVER)
