"""What a server ends by itself of what people browse."""

from __future__ import annotations

from apps.browser.ending import end
from apps.browser.models import Browsing
from apps.browser.standing import is_over
from apps.host.host import Host
from apps.operations.chores import chore
from apps.servers.models import Server


@chore("browsers", every=10)
def end_what_is_over(server: Server, host: Host) -> None:
    """End what is over, and what has no row: its database is gone, its visitor has closed it, or a runner has died.

    The processes are counted first: each has a row before it is started.
    """
    running = host.browsers.numbers()
    browsings = Browsing.objects.filter(database__site__server=server)
    for browsing in browsings.select_related("database__site__server"):
        if is_over(browsing):
            end(browsing, host)
    for number in running - set(Browsing.objects.values_list("pk", flat=True)):
        host.browsers.end(number)
