from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from apps.servers.models import Runtime, Server


class Site(models.Model):
    """A site: its Unix user, directory, worker and port, and what state it is in."""

    class Status(models.TextChoices):
        CREATING = "creating", "Being created"
        ACTIVE = "active", "Active"
        INACTIVE = "inactive", "Stopped"
        MAINTENANCE = "maintenance", "Maintenance"
        SUSPENDED = "suspended", "Suspended"
        DELETING = "deleting", "Being deleted"
        DELETED = "deleted", "Deleted"

    RUNNING: ClassVar = (Status.ACTIVE, Status.MAINTENANCE)
    """Those in which its worker ought to run."""

    class Front(models.TextChoices):
        """What the front answers for this site's domains."""

        STARTING = "starting"
        UP = "up"
        STOPPED = "stopped"
        SUSPENDED = "suspended"
        MAINTENANCE = "maintenance"
        FAILED = "failed"

    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=41, unique=True, editable=False)
    kind = models.SlugField(max_length=20)
    status = models.CharField(max_length=12, choices=Status, default=Status.CREATING, editable=False)
    front = models.CharField(max_length=12, choices=Front, default=Front.STARTING, editable=False)
    server = models.ForeignKey(Server, on_delete=models.PROTECT, related_name="sites", editable=False)
    runtime = models.ForeignKey(Runtime, on_delete=models.PROTECT, related_name="sites", editable=False)
    port = models.PositiveIntegerField(null=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="sites", editable=False
    )
    created_at = models.DateTimeField(auto_now_add=True)
    chosen: models.JSONField[Any, Any] = models.JSONField(default=dict, editable=False)  # see settings.py
    sealed_pass = models.TextField(blank=True, editable=False, help_text="what lets people in during maintenance")
    suspended_from = models.CharField(max_length=12, choices=Status, blank=True, editable=False)
    suspended_because = models.CharField(max_length=200, blank=True, editable=False)
    front_accepted: models.JSONField[Any, Any] = models.JSONField(
        default=dict, editable=False, help_text="what of its own block the front took last; see domains/special.py"
    )
    front_fault = models.TextField(blank=True, editable=False, help_text="why the front does not have its own block")

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["server", "port"], name="site_port_once_a_server")]
        permissions = [
            ("operate_site", "Can start, stop and restart a site, and change its domains"),
            ("suspend_site", "Can suspend a site: the host's stop"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def url(self) -> str:
        """The address a visitor types: the primary domain, with the public port where it is not 443."""
        host = next(iter(self.hosts), "")
        port = "" if settings.HTTPS_PORT == 443 else f":{settings.HTTPS_PORT}"  # noqa: PLR2004 - the port of https
        return f"https://{host}{port}" if host else ""

    @property
    def hosts(self) -> list[str]:
        """The site's host names, the primary one first."""
        domains = sorted(self.domains.all(), key=lambda domain: (not domain.primary, domain.pk))
        return [domain.host for domain in domains]


class Usage(models.Model):
    """What a site's folder took on the disk when it was last measured."""

    site = models.OneToOneField(Site, on_delete=models.CASCADE, related_name="usage")
    bytes = models.BigIntegerField(default=0)
    measured_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.site_id}: {self.bytes}"


class SiteUserPermission(UserObjectPermissionBase):
    content_object = models.ForeignKey(Site, on_delete=models.CASCADE)


class SiteGroupPermission(GroupObjectPermissionBase):
    content_object = models.ForeignKey(Site, on_delete=models.CASCADE)
