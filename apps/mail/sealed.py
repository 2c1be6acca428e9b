"""What of a relay was sealed by a door: its password."""

from __future__ import annotations

from apps.mail.models import Relay
from apps.operations.sealing import register

register(Relay, "sealed_password", server="server", told="passwords of relays", letters=True)
