"""``./panel test``"""

from __future__ import annotations

from typing import Any

from django.conf import settings

from apps.servers.local.checks import run_all
from apps.servers.local.every_point import EVERY, ONCE, run_points
from apps.servers.management.local import PassingCommand, print_line


class Command(PassingCommand):
    """In place of Django's own command of this name."""

    help = "Run all checks and tests. The arguments go to pytest. --every-point: the crash loops without a sample."

    def act(self, options: dict[str, Any]) -> int:
        arguments = [argument for argument in options["arguments"] if argument not in (EVERY, ONCE)]
        where = settings.BASE_DIR, settings.PLACES.cache, arguments, print_line
        if EVERY in options["arguments"]:
            return run_points(EVERY, *where)
        return run_points(ONCE, *where) if ONCE in options["arguments"] else run_all(*where)
