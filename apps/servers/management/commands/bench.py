"""``./panel bench``"""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from apps.host.command import follow
from apps.host.errors import CommandFailed
from apps.operations.management.output import complain
from apps.servers.local.prepare import environment
from apps.servers.management.local import LocalCommand, print_line


class Command(LocalCommand):
    help = "Run the benchmarks, each figure beside its floor from the same run."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", help="only this one")
        parser.add_argument("--json", metavar="F", help="write the figures to this file too")

    def act(self, options: dict[str, Any]) -> int:
        chosen = [options["name"]] if options["name"] else []
        chosen += ["--json", options["json"]] if options["json"] else []
        argv = [sys.executable, "-m", "tests.bench", *chosen]
        try:
            follow(argv, print_line, env=environment(), cwd=settings.BASE_DIR)
        except CommandFailed as error:
            complain(f"The benchmarks ended with code {error.code}.")
            return error.code
        return 0
