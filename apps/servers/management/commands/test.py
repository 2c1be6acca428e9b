"""``./panel test``"""

from __future__ import annotations

from typing import Any

from django.conf import settings

from apps.servers.local.checks import run_all
from apps.servers.management.local import PassingCommand, print_line


class Command(PassingCommand):
    """In place of Django's own command of this name."""

    help = "Run all checks and tests. The arguments go to pytest."

    def act(self, options: dict[str, Any]) -> int:
        return run_all(settings.BASE_DIR, settings.PLACES.cache, options["arguments"], print_line)
