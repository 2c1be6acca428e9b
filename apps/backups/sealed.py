"""What of the backups is sealed."""

from __future__ import annotations

from apps.backups.models import BackupKey, Target
from apps.operations.sealing import register

register(BackupKey, "sealed_identity", server="server", told="keys that open backups")
register(Target, "sealed_secret", server="server", told="keys to places for copies", letters=True)
