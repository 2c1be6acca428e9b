"""``./panel test``"""

from __future__ import annotations

from typing import Any

from django.conf import settings

from apps.servers.local.checks import run_all
from apps.servers.local.every_point import OPTION, run_every_point
from apps.servers.management.local import PassingCommand, print_line


class Command(PassingCommand):
    """In place of Django's own command of this name."""

    help = "Run all checks and tests. The arguments go to pytest. --every-point: the crash loops without a sample."

    def act(self, options: dict[str, Any]) -> int:
        arguments = [argument for argument in options["arguments"] if argument != OPTION]
        act = run_all if arguments == options["arguments"] else run_every_point
        return act(settings.BASE_DIR, settings.PLACES.cache, arguments, print_line)
