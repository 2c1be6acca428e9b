from __future__ import annotations

from django.db import models

from apps.sites.models import Site


class Database(models.Model):
    """A site's MySQL database. Its account bears the same name; the password is sealed and only a runner opens it."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="databases")
    name = models.CharField(max_length=30, unique=True)
    sealed_password = models.TextField(blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name
