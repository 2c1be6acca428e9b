"""Colours for a backup's states. Red is only for what needs a hand."""

from __future__ import annotations

from apps.backups.models import Backup

STATUS = {
    Backup.Status.IN_PROGRESS: "info",
    Backup.Status.COMPLETED: "success",
    Backup.Status.FAILED: "danger",
}
FAULT = ("Damaged", "danger")
"""Of one that was completed, and in which a look has found a fault since."""
