"""What the panel knows of a site's worker without looking at the machine: doors show it, the watcher goes by it."""

from __future__ import annotations

from typing import Any

from django.db import models

from apps.sites.models import Site


class WorkerState(models.Model):
    """One row a site, written by whoever starts, stops, watches or measures its worker. It goes with its site.

    An active site has a worker that runs, unless it is *stopped* (somebody stopped the worker alone, on purpose) or
    *given_up_at* is set (it died too often): both end when a person starts it.
    """

    site = models.OneToOneField(Site, on_delete=models.CASCADE, primary_key=True, related_name="worker")
    stopped = models.BooleanField(default=False)
    since = models.DateTimeField(null=True, help_text="runs since; null while it does not, as far as is known")
    restarts = models.PositiveIntegerField(default=0, help_text="by the panel itself, since a person started it")
    deaths: models.JSONField[list[float], list[float]] = models.JSONField(default=list)
    """Seconds since 1970 of its latest deaths, oldest first."""
    died_at = models.DateTimeField(null=True, help_text="not started again yet")
    given_up_at = models.DateTimeField(null=True)
    last_words = models.TextField(blank=True, help_text="the end of its log when it was given up")
    classic_since = models.DateTimeField(null=True, help_text="its worker mode failed: it runs without")
    classic_reason = models.TextField(blank=True)
    memory = models.BigIntegerField(default=0, help_text="bytes, shared memory divided among its users")
    measured_at = models.DateTimeField(null=True)
    counted: models.JSONField[Any, Any] = models.JSONField(default=dict, help_text="its counters when last read")

    def __str__(self) -> str:
        return self.word

    @property
    def word(self) -> str:
        """``running``, ``stopped``, ``down`` (given up) or ``restarting``."""
        if self.given_up_at:
            return "down"
        if self.died_at:
            return "restarting"
        return "running" if self.since and not self.stopped else "stopped"


class Sample(models.Model):
    """What a worker did in a minute or an hour. *buckets*: how many requests took how long, see metrics.py."""

    class Span(models.IntegerChoices):
        MINUTE = 60
        HOUR = 3600

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="samples")
    span = models.PositiveSmallIntegerField(choices=Span, help_text="seconds")
    at = models.DateTimeField(help_text="when the span begins")
    requests = models.BigIntegerField(default=0)
    errors = models.BigIntegerField(default=0, help_text="answers of 500 and above")
    buckets: models.JSONField[list[int], list[int]] = models.JSONField(default=list)
    cpu = models.BigIntegerField(default=0, help_text="milliseconds")
    memory = models.BigIntegerField(default=0, help_text="bytes at its last measurement")
    files = models.BigIntegerField(null=True, help_text="bytes of the site's folder, as they were known then")
    databases = models.BigIntegerField(null=True, help_text="bytes of its databases")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "span", "at"], name="sample_once_a_span")]
        indexes = [models.Index(fields=["span", "at"], name="sample_age")]

    def __str__(self) -> str:
        return f"{self.site_id} {self.at:%F %R}"
