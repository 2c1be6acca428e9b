"""``./panel up``"""

from __future__ import annotations

from typing import Any

from django.conf import settings

from apps.operations.management.output import complain
from apps.servers.local.running import tell_what_lacks, up
from apps.servers.management.local import LocalCommand


class Command(LocalCommand):
    help = "Start the panel's servers and all active sites in the background."

    def act(self, options: dict[str, Any]) -> int:
        up(complain)
        complain(f"The panel is up: https://{settings.PANEL_HOST}:{settings.HTTPS_PORT}/")
        tell_what_lacks(complain)
        return 0
