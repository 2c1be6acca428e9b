from __future__ import annotations

from django.conf import settings
from django.db import models


class AuditRow(models.Model):
    """One request to change something, accepted or refused. A trigger refuses to change or delete it."""

    class Outcome(models.TextChoices):
        ACCEPTED = "accepted"
        REFUSED = "refused"

    at = models.DateTimeField(auto_now_add=True)
    # DO_NOTHING without a constraint: the row outlives the user, and must not be touched when he goes
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    name = models.CharField(max_length=150, help_text="who asked, as he was called then")
    door = models.CharField(max_length=10)
    action = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=30, blank=True)
    subject_id = models.BigIntegerField(null=True)
    subject_label = models.CharField(max_length=300, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome)
    reason = models.TextField(blank=True)
    operation_id = models.BigIntegerField(null=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = "entry"
        verbose_name_plural = "audit log"

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.name} {self.action} {self.outcome}"
