"""``./panel test``"""

from __future__ import annotations

import sys
from typing import NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand

from apps.host.errors import HostError
from apps.servers.local.checks import run_all
from apps.servers.management.local import print_line


class Command(BaseCommand):
    """In place of Django's own command of this name."""

    help = "Run all checks and tests. The arguments go to pytest."
    requires_system_checks = []

    def run_from_argv(self, argv: list[str]) -> NoReturn:
        """Every argument is pytest's, those with a dash too."""
        try:
            sys.exit(run_all(settings.BASE_DIR, settings.PLACES.cache, argv[2:], print_line))
        except HostError as error:
            sys.exit(f"panel: {error}")
