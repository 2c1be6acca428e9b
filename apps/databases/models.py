from __future__ import annotations

from django.db import models

from apps.sites.models import Site


class Database(models.Model):
    """A site's MySQL database. Its account bears the same name; the password is sealed and only a runner opens it."""

    class Status(models.TextChoices):
        CREATING = "creating", "Being created"
        ACTIVE = "active", "Active"
        DELETING = "deleting", "Being deleted"
        DELETED = "deleted", "Deleted"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="databases")
    name = models.CharField(max_length=30, unique=True)
    label = models.CharField(max_length=60, blank=True, help_text="what it is for, in the owner's words")
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE, editable=False)
    sealed_password = models.TextField(blank=True, editable=False)
    sealed_pending = models.TextField(blank=True, editable=False, help_text="the next one, while it is being rotated")
    rotated_at = models.DateTimeField(null=True, editable=False, help_text="when it got the password that it has")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name
