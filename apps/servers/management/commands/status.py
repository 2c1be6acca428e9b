"""``./panel status``"""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from django.core.management.base import CommandParser

from apps.host.local import this_host
from apps.operations.management.output import FORMATS, complain, show_many
from apps.servers.local.running import supervisord
from apps.servers.local.status import COLUMNS, is_up, rows
from apps.servers.management.local import LocalCommand


class Command(LocalCommand):
    help = "Show what runs, with ports and memory. The exit code is 0 only if all of it does."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--format", choices=FORMATS, help="table on a terminal, else plain")

    def act(self, options: dict[str, Any]) -> int:
        found = rows(this_host(), supervisord())
        show_many(Namespace(**options), found, COLUMNS)
        if not found:
            complain("The panel is down; ./panel up starts it.")
        return 0 if is_up(found) else 1
