"""What a server does for its sites' jobs by itself."""

from __future__ import annotations

from apps.cron.due import hand_out, set_right
from apps.cron.models import CronRun
from apps.cron.running import bury
from apps.cron.waking import wake
from apps.host.host import Host
from apps.operations.chores import chore
from apps.servers.models import Server


@chore("cron", every=5)
def look_at_the_clock(server: Server, host: Host) -> None:
    """Write down what is due, and see that somebody carries it out; end what may not run any more."""
    bury(server, host)
    hand_out(server)
    waiting = CronRun.objects.filter(cron__site__server=server, status=CronRun.Status.PENDING).count()
    if waiting:
        wake(server, waiting)


@chore("cron-clock", every=60)
def look_at_the_calendar(server: Server, host: Host) -> None:
    """See that each job's next time is what its schedule says by the clock as it is now."""
    set_right(server)
