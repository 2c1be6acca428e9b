"""``./panel database …``"""

from __future__ import annotations

from apps.databases.acts import DATABASE
from apps.operations.doors.command import verbs_of
from apps.operations.management.base import NounCommand


class Command(NounCommand):
    help = "Databases of sites: create, list, show, and every act of their lifecycle."
    verbs = verbs_of(DATABASE)
