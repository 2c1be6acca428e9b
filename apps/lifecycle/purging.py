"""The end of the undo window: what was kept for long enough goes for good."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.timezone import now

from apps.host.host import Host
from apps.operations.asking import Ask
from apps.operations.chores import PANEL, chore, or_later
from apps.operations.models import Operation
from apps.servers.models import Kept, Server

PURGES: dict[str, Callable[[Ask, int], Operation]] = {}
"""For each kind of what is kept, the lifecycle function that purges the subject of that id."""


@chore("purge-kept", every=300)
def purge_what_is_over(server: Server, host: Host) -> None:
    """Ask for the purge of everything whose time has passed. What is busy just now is asked for again next time."""
    for kept in Kept.objects.filter(server=server, until__lt=now(), kind__in=PURGES).order_by("until"):
        with or_later(f"{kept} is not purged yet"):
            PURGES[kept.kind](PANEL, kept.subject_id)
