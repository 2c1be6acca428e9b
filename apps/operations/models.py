"""The journal: what was asked for, how far it came, and what it holds meanwhile."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.timezone import now

from apps.servers.models import Server


class Operation(models.Model):
    """One request to change the machine."""

    class Status(models.TextChoices):
        WAITING = "waiting"
        PENDING = "pending"
        RUNNING = "running"
        UNDOING = "undoing"
        DONE = "done"
        UNDONE = "undone"
        STUCK = "stuck"

    DUE: ClassVar = (Status.PENDING, Status.RUNNING, Status.UNDOING)
    LIVE: ClassVar = (Status.WAITING, *DUE)

    flow = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=30)
    subject_id = models.BigIntegerField()
    subject_label = models.CharField(max_length=300, help_text="outlives the record")
    server = models.ForeignKey(Server, on_delete=models.PROTECT, related_name="operations")
    queue = models.CharField(max_length=60)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="operations"
    )
    asker = models.CharField(max_length=150, help_text="his name then; 'the panel' when nobody asked")
    door = models.CharField(max_length=10)
    params: models.JSONField[Any, Any] = models.JSONField(default=dict)
    idempotency_key = models.CharField(max_length=200, null=True)  # noqa: DJ001 - null keeps the constraint partial
    request_digest = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    error = models.TextField(blank=True)
    failed_step = models.CharField(max_length=60, blank=True)
    reason = models.TextField(blank=True, help_text="why it waits just now")
    cancel_asked = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(default=now, help_text="no step begins before")
    trouble_since = models.DateTimeField(null=True, help_text="since when a part of the machine is unavailable")
    claimed_by = models.CharField(max_length=100, blank=True, help_text="machine:process:token of the runner at work")
    lease_until = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["status", "due_at"], name="operation_due")]
        constraints = [
            models.UniqueConstraint(fields=["asked_by", "idempotency_key"], name="idempotency_key_once_a_user")
        ]

    def __str__(self) -> str:
        return f"{self.flow} {self.subject_label}"

    @property
    def ended(self) -> bool:
        return self.status not in self.LIVE


class StepRun(models.Model):
    """One step of an operation, written before the step acts."""

    class Status(models.TextChoices):
        RUNNING = "running"
        AGAIN = "again"
        DONE = "done"
        UNDONE = "undone"
        FAILED = "failed"

    NOTE = "note"
    """The memo's key for what a step has found."""

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=60)
    status = models.CharField(max_length=10, choices=Status, default=Status.RUNNING)
    memo: models.JSONField[Any, Any] = models.JSONField(default=dict)
    started_at = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    undo_error = models.TextField(blank=True)
    progress_done = models.BigIntegerField(default=0)
    progress_total = models.BigIntegerField(default=0)
    progress_text = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["operation", "key"], name="one_line_a_step")]

    def __str__(self) -> str:
        return f"{self.key} {self.status}"

    @property
    def note(self) -> str:
        """What the step has found, if anything."""
        return str(self.memo.get(self.NOTE, ""))


class Hold(models.Model):
    """A resource that an operation has for itself until it ends. A stuck one keeps its holds."""

    resource = models.CharField(max_length=100, unique=True)
    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="holds")

    def __str__(self) -> str:
        return self.resource


class Question(models.Model):
    """Something that only a runner may look up. The answer is read once, or goes when it expires."""

    kind = models.CharField(max_length=60)
    server = models.ForeignKey(Server, on_delete=models.CASCADE, related_name="questions")
    params: models.JSONField[Any, Any] = models.JSONField(default=dict)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    answer: models.JSONField[Any, Any] = models.JSONField(null=True)
    refusal = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.kind


class Chore(models.Model):
    """When a server does one of its chores again."""

    server = models.ForeignKey(Server, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    due_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["server", "name"], name="chore_once_a_server")]

    def __str__(self) -> str:
        return self.name
