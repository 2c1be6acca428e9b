"""``./panel server …``"""

from __future__ import annotations

from apps.operations.doors.command import verbs_of
from apps.operations.management.base import NounCommand
from apps.servers.acts import SERVER


class Command(NounCommand):
    help = "Servers: list, show, the relay that their sites' mails go through, and the browser of databases."
    verbs = verbs_of(SERVER)
