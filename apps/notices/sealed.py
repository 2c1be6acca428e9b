"""What of the notices was sealed by a door: a webhook's address, and what its messages are signed with."""

from __future__ import annotations

from apps.notices.models import Notice
from apps.operations.sealing import register

register(
    Notice, "sealed_url", "sealed_secret", server="server", told="addresses and secrets of webhooks", letters=True
)
