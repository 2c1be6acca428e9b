"""What is told of a notice's messages."""

from __future__ import annotations

from typing import Any

from apps.lifecycle.requests import require
from apps.notices.models import Notice
from apps.notices.shapes import told
from apps.operations.asking import Ask

VIEW, VIEW_SERVER = "sites.view_site", "servers.view_server"


def deliveries_of(ask: Ask, notice: Notice) -> list[dict[str, Any]]:
    """The last, the newest first: what each was about, and whether it was sent."""
    require(ask, "notice:read", VIEW if notice.site else VIEW_SERVER, notice.site)
    return [told(delivery) for delivery in notice.deliveries.all()]
