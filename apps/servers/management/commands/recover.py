"""``./panel recover``"""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from apps.operations.management.output import complain
from apps.servers.local.recovery.bringing_back import recover
from apps.servers.local.recovery.placing import add_arguments
from apps.servers.local.recovery.source import shelf_of
from apps.servers.management.local import LocalCommand


class Command(LocalCommand):
    help = "Make a lost panel and its sites anew, on an empty root, out of their archives and the recovery key."

    def add_arguments(self, parser: CommandParser) -> None:
        add_arguments(parser)

    def act(self, options: dict[str, Any]) -> int:
        lost = recover(shelf_of(Namespace(**options)), complain)
        address = f"https://{settings.PANEL_HOST}:{settings.HTTPS_PORT}/"
        if lost:
            complain(f"The panel is up at {address}, without {lost} of its sites. Run this again to try those again.")
            return 1
        complain(f"The panel is up at {address}, and all its sites are back.")
        return 0
