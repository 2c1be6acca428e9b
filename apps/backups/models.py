"""What is saved of sites, where it lies, and how much of it has been proven."""

from __future__ import annotations

from typing import Any

from django.db import models

from apps.servers.models import Server
from apps.sites.models import Site


class BackupKey(models.Model):
    """What a server's archives are locked for. Its own identity is sealed; the recovery key's is with the people.

    Old rows stay: whatever was locked for them opens with them alone.
    """

    server = models.ForeignKey(Server, on_delete=models.PROTECT, related_name="backup_keys")
    recipient = models.CharField(max_length=70, help_text="age1…, what archives are locked for")
    sealed_identity = models.TextField(blank=True, help_text="empty for a recovery key")
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True, help_text="since when nothing is locked for it any more")

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["server", "recipient"], name="backup_key_once_a_server")]

    def __str__(self) -> str:
        return self.recipient

    @property
    def is_recovery(self) -> bool:
        return not self.sealed_identity


REFUSED = "refused"
"""The fact of a backup that was not begun, because of the limit of all that its site has."""


class Backup(models.Model):
    """An archive of a site. It outlives the site: *slug*, *kind* and *facts* tell what it was.

    *file* lies in the server's ``backups/<slug>``; *bytes*, *sha256* and *facts* are known when it is complete.
    *verified_at*: every byte of it was read and is as it was written. *proven_at*: a copy of the site ran from it.
    """

    class Status(models.TextChoices):
        IN_PROGRESS = "in_progress", "In progress"
        COMPLETED = "completed", "Completed"
        FAILED = "failed", "Failed"

    class Reason(models.TextChoices):
        ASKED = "asked", "Asked for"
        SCHEDULED = "scheduled", "By schedule"
        DELETION = "deletion", "Before the deletion"
        RESTORE = "restore", "Before a restore"
        CLONE = "clone", "For a clone"
        UPLOAD = "upload", "Uploaded"

    server = models.ForeignKey(Server, on_delete=models.PROTECT, related_name="backups")
    site = models.ForeignKey(Site, null=True, on_delete=models.SET_NULL, related_name="backups")
    slug = models.SlugField(max_length=41)
    kind = models.SlugField(max_length=20)
    file = models.CharField(max_length=120, unique=True)
    status = models.CharField(max_length=12, choices=Status, default=Status.IN_PROGRESS)
    reason = models.CharField(max_length=10, choices=Reason, default=Reason.ASKED)
    label = models.CharField(max_length=60, blank=True, help_text="what it is for, in the owner's words")
    pinned = models.BooleanField(default=False, help_text="kept until somebody says otherwise")
    has_files = models.BooleanField(default=True)
    has_databases = models.BooleanField(default=True)
    bytes = models.BigIntegerField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    facts: models.JSONField[Any, Any] = models.JSONField(default=dict, help_text="the archive's manifest, and counts")
    warnings: models.JSONField[Any, Any] = models.JSONField(default=list)
    fault = models.TextField(blank=True, help_text="why it failed, or what a verification or a drill found")
    created_at = models.DateTimeField(auto_now_add=True)
    completed_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    proven_at = models.DateTimeField(null=True)
    proven_seconds = models.FloatField(null=True)
    removed_at = models.DateTimeField(null=True, help_text="since when the archive is gone from this server")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.file


class Schedule(models.Model):
    """When a site is backed up by itself, and how many of these backups are kept.

    Without *due_at* its time does not come. *since*: the last time that was kept, or when the schedule was set.
    """

    site = models.OneToOneField(Site, on_delete=models.CASCADE, related_name="schedule")
    name = models.SlugField(max_length=41, unique=True, help_text="the site's slug")
    schedule = models.CharField(max_length=40, help_text="daily 03:30, weekly sun 03:30, every 6 hours")
    keep_last = models.PositiveSmallIntegerField(default=3)
    keep_daily = models.PositiveSmallIntegerField(default=7)
    keep_weekly = models.PositiveSmallIntegerField(default=4)
    keep_monthly = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, db_index=True)
    since = models.DateTimeField(auto_now_add=True)
    missed = models.PositiveIntegerField(default=0, help_text="times that passed since without a backup")
    missed_since = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class Target(models.Model):
    """A place for copies of a server's archives: of all its sites, or of one. *facts* say where; the secret is sealed.

    Nothing is copied there before it is *active*: it was tried.
    """

    class Kind(models.TextChoices):
        FOLDER = "folder", "A folder of this machine"
        S3 = "s3", "A bucket that speaks S3"
        SFTP = "sftp", "A folder at an SSH server"

    server = models.ForeignKey(Server, on_delete=models.PROTECT, related_name="targets")
    site = models.ForeignKey(Site, null=True, on_delete=models.CASCADE, related_name="targets")
    name = models.SlugField(max_length=40, unique=True)
    kind = models.CharField(max_length=10, choices=Kind)
    facts: models.JSONField[Any, Any] = models.JSONField(default=dict)
    sealed_secret = models.TextField(blank=True, editable=False, help_text="for the server's letterbox")
    active = models.BooleanField(default=False)
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name

    @property
    def where(self) -> str:
        parts = (self.facts.get(key, "") for key in ("endpoint", "bucket", "host", "path"))
        return " ".join(filter(None, parts))


class Copy(models.Model):
    """A backup at a target. *kept*: how far it is, for whoever carries on; *proven*: what lies there was compared."""

    class Status(models.TextChoices):
        PENDING = "pending", "Being copied"
        DONE = "done", "There"
        FAILED = "failed", "Failed"

    backup = models.ForeignKey(Backup, on_delete=models.CASCADE, related_name="copies")
    target = models.ForeignKey(Target, on_delete=models.CASCADE, related_name="copies")
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    proven = models.BooleanField(default=False)
    kept: models.JSONField[Any, Any] = models.JSONField(default=dict)
    fault = models.TextField(blank=True)
    tries = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["backup", "target"], name="copied_once_to_a_target")]

    def __str__(self) -> str:
        return f"{self.backup_id} at {self.target_id}"
