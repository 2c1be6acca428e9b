"""Where manage.py and ./panel go on: a wrong setting and an unknown command are one sentence each."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import ManagementUtility, get_commands
from django.core.management.base import BaseCommand

WRONG_USAGE = 2


class CommandLine(ManagementUtility):
    def fetch_command(self, subcommand: str) -> BaseCommand:
        if subcommand not in get_commands():
            settings.INSTALLED_APPS  # noqa: B018 - raises where a wrong setting is why no command is known
            _end(f"There is no command {ascii(subcommand)[:60]}; ./panel help says what there is.", WRONG_USAGE)
        return super().fetch_command(subcommand)


def run(argv: list[str]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "frankenpanel.settings")
    try:
        CommandLine(argv).execute()
    except ImproperlyConfigured as error:
        _end(str(error), 1)


def _end(sentence: str, code: int) -> NoReturn:
    sys.stderr.write(f"{sentence}\n")
    sys.exit(code)
