from __future__ import annotations

from typing import Any

from django.core.validators import RegexValidator
from django.db import models

from apps.domains.redirects import PATH, TARGET
from apps.sites.models import Site


class Pair(models.Model):
    """A certificate of the owner's own, and its key.

    Never changed: another pair is another row, so that its files have names of their own and Caddy reads them anew.
    """

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="pairs")
    chain = models.TextField(help_text="PEM: the certificate first, then those that it was signed with")
    sealed_key = models.TextField(help_text="for the server's eyes: Server.address")
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of the certificate, in hex")
    not_after = models.DateTimeField()

    def __str__(self) -> str:
        return self.fingerprint[:16]


class Served(models.Manager["Domain"]):
    """All but those of deleted sites: whoever asks whether a name is free, or what a site has, must not see them.

    They are rows still, with what was chosen for them, so that they come back as they were; only their name is free.
    """

    def get_queryset(self) -> models.QuerySet[Domain]:
        return super().get_queryset().filter(kept=False)


class Domain(models.Model):
    """A host name of a site, normalised: lower case, IDNA, no trailing dot."""

    class Tls(models.TextChoices):
        INTERNAL = "internal", "The panel's own authority"
        MANAGED = "managed", "Managed by Caddy"
        CUSTOM = "custom", "A certificate of your own"

    class Dns(models.TextChoices):
        """Where the name leads, when it was last looked up."""

        UNKNOWN = "unknown", "Not looked up yet"
        HERE = "here", "Points here"
        ELSEWHERE = "elsewhere", "Points elsewhere"
        NOWHERE = "nowhere", "Points nowhere"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="domains")
    host = models.CharField(max_length=253)
    primary = models.BooleanField(default=False)
    tls = models.CharField(max_length=10, choices=Tls, default=Tls.INTERNAL)
    pair = models.ForeignKey(Pair, null=True, on_delete=models.PROTECT, related_name="domains", editable=False)
    redirects = models.BooleanField(default=False, help_text="answers with a 308 to the primary one")
    served = models.BooleanField(default=False, editable=False, help_text="belongs into the Caddyfile")
    loaded = models.BooleanField(default=False, editable=False, help_text="the front may have it")
    kept = models.BooleanField(default=False, editable=False, help_text="of a deleted site: others may have the name")
    removing = models.BooleanField(default=False, editable=False, help_text="no regeneration brings it back")
    dns = models.CharField(max_length=10, choices=Dns, default=Dns.UNKNOWN, editable=False)
    dns_addresses: models.JSONField[Any, Any] = models.JSONField(default=list, editable=False)
    dns_looked_at = models.DateTimeField(null=True, editable=False)

    objects = Served()
    every = models.Manager["Domain"]()

    class Meta:
        ordering = ["-primary", "id"]
        constraints = [
            models.UniqueConstraint(fields=["host"], condition=models.Q(kept=False), name="a_host_once"),
            models.UniqueConstraint(fields=["site"], condition=models.Q(primary=True), name="one_primary_domain_a_site")
        ]

    def __str__(self) -> str:
        return self.host


class PathRedirect(models.Model):
    """A path of a domain that leads somewhere else. Both ends have the strict form of ``redirects``."""

    class Status(models.IntegerChoices):
        MOVED = 301, "301 moved"
        FOUND = 302, "302 for now"
        TEMPORARY = 307, "307 for now, with what was posted"
        PERMANENT = 308, "308 moved, with what was posted"

    domain = models.ForeignKey(Domain, on_delete=models.CASCADE, related_name="path_redirects")
    path = models.CharField(max_length=200, validators=[RegexValidator(PATH)])
    target = models.CharField(max_length=500, validators=[RegexValidator(TARGET)])
    status = models.PositiveSmallIntegerField(choices=Status, default=Status.MOVED)

    class Meta:
        ordering = ["domain", "path"]
        constraints = [models.UniqueConstraint(fields=["domain", "path"], name="path_redirected_once")]

    def __str__(self) -> str:
        return f"{self.path} {self.target} {self.status}"


class Certificate(models.Model):
    """What the front shows for a domain: as a visitor saw it, not as it was meant. *names* are those that it holds."""

    class State(models.TextChoices):
        PENDING = "pending", "Not seen yet"
        SERVED = "served", "Served"
        FAILED = "failed", "Not served"

    domain = models.OneToOneField(Domain, on_delete=models.CASCADE, related_name="certificate")
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    issuer = models.CharField(max_length=200, blank=True)
    not_before = models.DateTimeField(null=True)
    not_after = models.DateTimeField(null=True)
    names: models.JSONField[Any, Any] = models.JSONField(default=list)
    looked_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True, help_text="why there is none, in Caddy's words")

    def __str__(self) -> str:
        return f"{self.domain} {self.state}"
