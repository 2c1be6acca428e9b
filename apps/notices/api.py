"""Those who are told, over HTTP."""

from __future__ import annotations

from apps.notices.acts import NOTICE
from apps.notices.models import Notice
from apps.operations.doors.http import NounViewSet, with_acts


@with_acts(NOTICE)
class NoticeViewSet(NounViewSet):
    """Who is told when something needs a hand: of the sites that the asker may see, and of the servers."""

    queryset = Notice.objects.none()
    filterset_fields = ("site", "kind", "active")
