"""``./panel bench``"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.conf import settings

from apps.host.command import follow
from apps.host.errors import CommandFailed
from apps.operations.management.output import complain
from apps.servers.local.prepare import environment
from apps.servers.local.workplace import workplace
from apps.servers.management.local import PassingCommand, print_line


class Command(PassingCommand):
    help = "Run the benchmarks, each figure beside its floor from the same run."

    def act(self, options: dict[str, Any]) -> int:
        with workplace(settings.BASE_DIR, settings.PLACES.cache, complain) as place:
            argv = [sys.executable, "-m", "tests.bench", *_absolute(options["arguments"])]
            try:
                follow(argv, print_line, env=environment(), cwd=place)
            except CommandFailed as error:
                return error.code
        return 0


def _absolute(arguments: list[str]) -> list[str]:
    """The file of ``--json`` is meant from where the caller stands, not from where the benchmarks run."""
    found = list(arguments)
    for place, argument in enumerate(arguments):
        if place and arguments[place - 1] == "--json":
            found[place] = str(Path(argument).absolute())
        elif argument.startswith("--json="):
            found[place] = f"--json={Path(argument.removeprefix('--json=')).absolute()}"
    return found
