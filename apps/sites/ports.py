"""The ports of the sites' workers: the seed's "Port Allocation"."""

from __future__ import annotations

from apps.operations.refusals import Full
from apps.servers.models import Server
from apps.sites.models import Site


def next_free_port(server: Server) -> int:
    """The lowest port of *server* that no site has and no stranger listens on. Raises Full.

    Called under ``one_at_a_time``: the highest port plus one would leave gaps, and lose races.
    """
    taken = _taken(server)
    for port in server.ports:
        if port not in taken:
            return port
    raise Full(f"All {len(server.ports)} ports of {server} are taken; delete a site, or widen its range of ports.")


def free_port(server: Server, wanted: int) -> int:
    """*wanted*, where nobody has it; else as ``next_free_port``."""
    return wanted if wanted in server.ports and wanted not in _taken(server) else next_free_port(server)


def _taken(server: Server) -> set[int | None]:
    """Those of sites, and those that strangers listen on; a deleted site has none."""
    taken = set(Site.objects.filter(server=server).order_by().values_list("port", flat=True))
    return taken.union(server.foreign_ports.values_list("port", flat=True))
