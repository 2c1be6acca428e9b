"""``./panel demo``"""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from django.core.management.base import CommandParser

from apps.host import waiting
from apps.operations.management.asker import ask_of
from apps.operations.management.following import BrokenOff
from apps.operations.management.output import complain
from apps.servers.local import addresses
from apps.servers.local.demo import demonstrate
from apps.servers.local.running import down, tell_what_lacks, up
from apps.servers.management.local import BROKEN_OFF, LocalCommand


class Command(LocalCommand):
    help = "Start everything, create a WordPress site, and show its page. Ctrl-C stops everything."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="stop again at once: 0 only if the page came through")

    def act(self, options: dict[str, Any]) -> int:
        addresses.must_answer()
        try:
            with waiting.until_ended():
                up(complain)
                demonstrate(ask_of(Namespace(user=None)), complain)
                tell_what_lacks(complain)
                if not options["check"]:
                    complain("\nCtrl-C stops everything.")
                    waiting.wait()
        except (waiting.Ended, BrokenOff):
            complain("Stopping.")
            return BROKEN_OFF if options["check"] else 0
        finally:
            down(complain)
        return 0
