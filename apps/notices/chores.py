"""What a server does by itself so that people are told."""

from __future__ import annotations

from apps.cron.waking import queue_of
from apps.host.host import Host
from apps.notices.delivering import due
from apps.notices.watching import forget_old, look_around
from apps.operations import sending
from apps.operations.chores import chore
from apps.servers.models import Server


@chore("notices-watch", every=15)
def look_for_trouble(server: Server, host: Host) -> int:
    """Make events of what needs a hand. Returns how many are new."""
    return len(look_around(server))


@chore("notices-deliver", every=5)
def wake_who_tells(server: Server, host: Host) -> list[int]:
    """A hand for each who is to be told something now. One query where nobody is."""
    waiting = sorted(set(due().values_list("notice_id", flat=True)))
    for notice in waiting:
        sending.wake("notices.deliver", queue_of(server.name), notice=notice)
    return waiting


@chore("notices-forget", every=3600)
def forget_what_is_over(server: Server, host: Host) -> None:
    forget_old()
