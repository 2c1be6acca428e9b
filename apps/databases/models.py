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
    bytes = models.BigIntegerField(null=True, editable=False, help_text="of its tables and indexes, when measured")
    tables = models.PositiveIntegerField(null=True, editable=False)
    measured_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name

    @property
    def seen_as(self) -> str:
        """Its status as people see it: with its site it is deleted, and comes back with it as what it was."""
        return self.Status.DELETED if self.site.status == Site.Status.DELETED else self.status


class Export(models.Model):
    """A dump of a database in its site's ``private/exports``, written by the site's user and his to remove.

    *bytes* is null until the file is whole. *until* may pass: then a chore removes file and row. It outlives its
    database, so that whoever exported before deleting has something from it.
    """

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="exports")
    database = models.ForeignKey(Database, null=True, on_delete=models.SET_NULL, related_name="exports")
    file = models.CharField(max_length=80)
    reason = models.CharField(max_length=60, blank=True, help_text="why it was made, where nobody asked for it")
    bytes = models.BigIntegerField(null=True)
    loose = models.PositiveIntegerField(default=0, help_text="tables that are not as they were at one moment")
    created_at = models.DateTimeField(auto_now_add=True)
    until = models.DateTimeField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.file

    @property
    def path(self) -> str:
        """Relative to the site's folder."""
        return f"private/exports/{self.file}"
