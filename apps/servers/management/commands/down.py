"""``./panel down``"""

from __future__ import annotations

from typing import Any

from apps.operations.management.output import complain
from apps.servers.local.running import down
from apps.servers.management.local import LocalCommand


class Command(LocalCommand):
    help = "Stop the panel's servers and all sites."

    def act(self, options: dict[str, Any]) -> int:
        down(complain)
        complain("The panel is down.")
        return 0
