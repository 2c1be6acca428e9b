from __future__ import annotations

from django.conf import settings
from django.db import models

from apps.databases.models import Database


class Browsing(models.Model):
    """Somebody's way into a database, from the link that leads there to its end; then the row goes.

    At each stage whoever shows the secret, of which only the *digest* is kept, comes to the next one: once, and
    before *until*. *user* null: whoever may browse the database himself. *session* is the panel's in which the link
    was opened: with it all of this ends.
    """

    class Stage(models.TextChoices):
        LINK = "link", "A link that nobody has opened yet"
        STARTING = "starting", "Its process is being started"
        ENTRY = "entry", "On the way to the browser's own name"
        OPEN = "open", "Open"

    database = models.ForeignKey(Database, on_delete=models.CASCADE, related_name="browsings")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="browsings")
    stage = models.CharField(max_length=10, choices=Stage, default=Stage.LINK)
    digest = models.CharField(max_length=64, db_index=True)
    session = models.CharField(max_length=40, blank=True)
    until = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.database} by {self.user or 'the console'}"
