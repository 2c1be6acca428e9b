from __future__ import annotations

from typing import Any

from django.db import models


class Server(models.Model):
    """A machine that carries sites. Its runners work the queues named after it."""

    name = models.SlugField(max_length=31, unique=True)
    first_port = models.PositiveIntegerField(default=8081)
    last_port = models.PositiveIntegerField(default=9080)
    front_wanted = models.PositiveBigIntegerField(default=0, help_text="raised by whoever changes what is served")
    front_loaded = models.PositiveBigIntegerField(default=0, help_text="what of it the front has accepted")
    browser = models.BooleanField(default=False, help_text="whether its sites' databases may be browsed")
    letterbox = models.CharField(max_length=44, blank=True, help_text="a public key: its runners open what it seals")

    class Meta:
        permissions = (("switch_browser", "Can turn the database browser on and off"),)

    def __str__(self) -> str:
        return self.name

    @property
    def ports(self) -> range:
        return range(self.first_port, self.last_port + 1)

    def want_front(self) -> int:
        """Say that what the front should serve has changed, in the transaction that changes it.

        Returns the number that ``front_loaded`` must reach.
        """
        Server.objects.filter(pk=self.pk).update(front_wanted=models.F("front_wanted") + 1)
        self.refresh_from_db()
        return self.front_wanted


class Runtime(models.Model):
    """An installed FrankenPHP: a site runs on one of them."""

    server = models.ForeignKey(Server, on_delete=models.PROTECT, related_name="runtimes")
    name = models.CharField(max_length=60)
    path = models.CharField(max_length=255)
    version = models.CharField(max_length=30)
    php_version = models.CharField(max_length=30)
    thread_safe = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["server", "name"], name="runtime_name_once_a_server")]

    def __str__(self) -> str:
        return self.name


class Kept(models.Model):
    """What was put aside instead of being removed, for as long as it may be taken back.

    *place* is a path, or a database's name. When *until* has passed, its kind's purge removes it for good.
    """

    class Kind(models.TextChoices):
        SITE = "site", "A deleted site"
        DATABASE = "database", "A deleted database"
        FILES = "files", "Files as they were before a restore"

    server = models.ForeignKey(Server, on_delete=models.PROTECT, related_name="kept")
    kind = models.CharField(max_length=10, choices=Kind)
    subject_id = models.BigIntegerField(help_text="the site's or the database's")
    label = models.CharField(max_length=300, help_text="what a person knows it by")
    place = models.CharField(max_length=500)
    bytes = models.BigIntegerField(default=0)
    kept_at = models.DateTimeField(auto_now_add=True)
    until = models.DateTimeField()
    operation_id = models.BigIntegerField(help_text="the one that put it aside")
    facts: models.JSONField[Any, Any] = models.JSONField(default=dict, help_text="what it was, for its way back")

    class Meta:
        verbose_name_plural = "kept"
        constraints = [models.UniqueConstraint(fields=["kind", "place"], name="kept_once")]

    def __str__(self) -> str:
        return self.label


class ForeignPort(models.Model):
    """A port in the server's range that something else listens on. The allocator goes round it."""

    server = models.ForeignKey(Server, on_delete=models.CASCADE, related_name="foreign_ports")
    port = models.PositiveIntegerField()
    holder = models.CharField(max_length=200)
    seen = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["server", "port"], name="foreign_port_once_a_server")]

    def __str__(self) -> str:
        return f"{self.port} ({self.holder})"
