from __future__ import annotations

from django.db import models

from apps.sites.models import Site


class Domain(models.Model):
    """A host name of a site, normalised: lower case, IDNA, no trailing dot."""

    class Tls(models.TextChoices):
        INTERNAL = "internal", "The panel's own authority"
        MANAGED = "managed", "Managed by Caddy"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="domains")
    host = models.CharField(max_length=253, unique=True)
    primary = models.BooleanField(default=False)
    tls = models.CharField(max_length=10, choices=Tls, default=Tls.INTERNAL)
    served = models.BooleanField(default=False, editable=False, help_text="belongs into the Caddyfile")
    loaded = models.BooleanField(default=False, editable=False, help_text="the front may have it")

    class Meta:
        ordering = ["-primary", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["site"], condition=models.Q(primary=True), name="one_primary_domain_a_site"
            )
        ]

    def __str__(self) -> str:
        return self.host
