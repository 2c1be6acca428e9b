"""Who is told when something needs a hand, what has been seen of that kind, and what became of each message."""

from __future__ import annotations

from django.db import models

from apps.servers.models import Server
from apps.sites.models import Site


class Notice(models.Model):
    """Somebody who is told: of one site; or, without a *site*, of all that happens on the server.

    *to* is what may be shown: a mail's address; of a webhook the host alone, for the rest of its address may be as
    good as a password. What is sealed is for the server's letterbox: only its runners open it.
    """

    class Kind(models.TextChoices):
        EMAIL = "email", "E-mail"
        WEBHOOK = "webhook", "Webhook"

    server = models.ForeignKey(Server, on_delete=models.CASCADE, related_name="notices")
    site = models.ForeignKey(Site, null=True, on_delete=models.CASCADE, related_name="notices")
    name = models.CharField(max_length=60, unique=True, editable=False)
    kind = models.CharField(max_length=10, choices=Kind)
    to = models.CharField(max_length=254)
    sealed_url = models.TextField(blank=True, editable=False)
    sealed_secret = models.TextField(blank=True, editable=False, help_text="what a webhook is signed with")
    active = models.BooleanField(default=False, help_text="is told")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class Event(models.Model):
    """Something that needs a hand, from when it was seen first until it was seen to be over, or another.

    *kind* is a watch's (see ``watching.py``). *state* is what it is told once for: another one is another event.
    """

    server = models.ForeignKey(Server, on_delete=models.CASCADE, related_name="events")
    site = models.ForeignKey(Site, null=True, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=40)
    subject_kind = models.CharField(max_length=30)
    subject_id = models.BigIntegerField()
    subject_label = models.CharField(max_length=300)
    state = models.CharField(max_length=64)
    text = models.CharField(max_length=600)
    raised_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["server", "kind", "subject_kind", "subject_id"],
                condition=models.Q(closed_at=None),
                name="one_open_event_a_subject",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_label}"


class Delivery(models.Model):
    """One event, for one of those who are told."""

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SENT = "sent", "Sent"
        FAILED = "failed", "Not sent"

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="deliveries")
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries")
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    error = models.CharField(max_length=400, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "deliveries"
        indexes = [models.Index(fields=["status", "due_at"], name="delivery_due")]
        constraints = [models.UniqueConstraint(fields=["notice", "event"], name="told_once")]

    def __str__(self) -> str:
        return f"{self.event} to {self.notice}"
