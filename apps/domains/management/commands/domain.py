"""``./panel domain …``"""

from __future__ import annotations

from apps.domains.acts import DOMAIN
from apps.operations.doors.command import verbs_of
from apps.operations.management.base import NounCommand


class Command(NounCommand):
    help = "Domains of sites: create, list, show, and every act of their lifecycle."
    verbs = verbs_of(DOMAIN)
