"""Workers over HTTP: a worker has its site's id."""

from __future__ import annotations

from apps.operations.doors.http import NounViewSet, with_acts
from apps.sites.models import Site
from apps.workers.acts import WORKER


@with_acts(WORKER)
class WorkerViewSet(NounViewSet):
    """The workers of the sites that the asker may see."""

    queryset = Site.objects.none()
