"""Outgoing mail: the relays, and what the sites handed over to be sent.

A site never knows a relay's password: its messages wait in a folder, from where a runner sends them. With msmtp and a
file for each site, whoever breaks into one site would have read the password of the relay that all of them use.
"""

from __future__ import annotations

from django.db import models

from apps.servers.models import Server
from apps.sites.models import Site

PER_HOUR = 200


class Relay(models.Model):
    """Where mails go: of one site; or, without a *site*, of all those of the server that have none of their own.

    *sealed_password* is for the server's letterbox: only its runners open it.
    """

    class Security(models.TextChoices):
        STARTTLS = "starttls", "STARTTLS (587)"
        TLS = "tls", "TLS from the first byte (465)"
        NONE = "none", "None (25, in a network of one's own)"

    server = models.ForeignKey(Server, on_delete=models.CASCADE, related_name="relays")
    site = models.OneToOneField(Site, null=True, on_delete=models.CASCADE, related_name="relay")
    host = models.CharField(max_length=253)
    port = models.PositiveIntegerField()
    security = models.CharField(max_length=10, choices=Security)
    login = models.CharField(max_length=200, blank=True)
    sealed_password = models.TextField(blank=True, editable=False)
    sender = models.CharField(max_length=254, help_text="every mail's envelope sender")
    per_hour = models.PositiveIntegerField(default=PER_HOUR, help_text="recipients that a site may have in an hour")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["server"], condition=models.Q(site=None), name="one_relay_for_all_sites_of_a_server"
            )
        ]

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class Mail(models.Model):
    """A message that a site handed over. What it says stands in *file*, until it is sent, and nowhere else."""

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SENT = "sent", "Sent"
        FAILED = "failed", "Not sent"

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="mails")
    file = models.CharField(max_length=60)
    to = models.CharField(max_length=200, help_text="the first of the recipients")
    recipients = models.PositiveIntegerField(default=0)
    subject = models.CharField(max_length=120, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    error = models.CharField(max_length=400, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    handed_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["site", "ended_at"], name="mail_of_an_hour")]
        constraints = [models.UniqueConstraint(fields=["site", "file"], name="mail_once")]

    def __str__(self) -> str:
        return f"{self.status} {self.to}"
