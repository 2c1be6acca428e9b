"""``./panel prepare``"""

from __future__ import annotations

from typing import Any

from apps.operations.management.output import complain
from apps.servers.local import addresses
from apps.servers.local.prepare import prepare
from apps.servers.management.local import LocalCommand


class Command(LocalCommand):
    help = "Make the folders, keys, records and first data of the panel, and start nothing. “up” does it too."

    def act(self, options: dict[str, Any]) -> int:
        addresses.must_answer()
        prepare(complain)
        addresses.keep()
        return 0
