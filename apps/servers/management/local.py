"""What the commands for the panel itself share: an error is one sentence on stderr."""

from __future__ import annotations

import sys
from abc import abstractmethod
from typing import Any, NoReturn

from django.core.management.base import BaseCommand

from apps.operations.management.base import tell
from apps.operations.management.output import complain

BROKEN_OFF = 130


def print_line(text: str) -> None:
    """On stdout, and at once: whoever watches wants to see how far it is."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


class LocalCommand(BaseCommand):
    requires_system_checks = []
    suppressed_base_arguments = {
        *("--version", "--verbosity", "--settings", "--pythonpath", "--traceback", "--no-color", "--force-color")
    }

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            code = self.act(options)
        except KeyboardInterrupt:
            complain("Broken off.")
            code = BROKEN_OFF
        except Exception as error:  # noqa: BLE001 - the outermost frame of a program for people
            code = tell(error)
        sys.exit(code)

    @abstractmethod
    def act(self, options: dict[str, Any]) -> int:
        """Do it, and return the exit code."""


class PassingCommand(LocalCommand):
    """All its arguments, those with a dash too, are those of another program."""

    def run_from_argv(self, argv: list[str]) -> NoReturn:
        self.handle(arguments=argv[2:])
        sys.exit(0)
