from __future__ import annotations

from typing import ClassVar

from django.db import models

from apps.sites.models import Site


class Cron(models.Model):
    """Something that a site does by the clock. Without *due_at* its time does not come."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="crons")
    name = models.CharField(max_length=60, unique=True, editable=False)
    schedule = models.CharField(max_length=100, help_text="as cron writes it, in the site's time zone")
    command = models.CharField(max_length=500, help_text="see commands.py")
    limit = models.PositiveIntegerField(default=300, help_text="seconds that a run may take")
    delay = models.PositiveSmallIntegerField(default=0, help_text="seconds after the schedule's minute")
    active = models.BooleanField(default=True, help_text="its time comes")
    built_in = models.BooleanField(default=False, help_text="the site's software relies on it")
    due_at = models.DateTimeField(null=True, db_index=True)
    last = models.ForeignKey("cron.CronRun", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        verbose_name = "cron job"

    def __str__(self) -> str:
        return self.name


class CronRun(models.Model):
    """One run of a job; or, where none could be made, the one that was missed, with the reason."""

    class Status(models.TextChoices):
        PENDING = "pending", "About to run"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        MISSED = "missed", "Missed"

    LIVE: ClassVar = (Status.PENDING, Status.RUNNING)

    cron = models.ForeignKey(Cron, on_delete=models.CASCADE, related_name="runs")
    planned_at = models.DateTimeField()
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    exit_code = models.SmallIntegerField(null=True, help_text="of the program; of a page, what HTTP answered")
    error = models.CharField(max_length=300, blank=True)
    output = models.TextField(blank=True, help_text="the first and the last of it")
    skipped = models.PositiveIntegerField(default=0, help_text="times that came while it ran, or were missed with it")
    claimed_by = models.CharField(max_length=60, blank=True, help_text="process:start of the runner at work")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["cron"], condition=models.Q(status__in=["pending", "running"]), name="one_run_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.cron_id} {self.status}"
