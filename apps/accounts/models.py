from __future__ import annotations

import hmac
import secrets
from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils.timezone import now

from apps.accounts.recovery import RecoveryCodes

__all__ = ["SCOPES", "ApiToken", "RecoveryCodes"]
SCOPES = (
    *("site:create", "site:read", "site:change", "site:operate", "site:delete", "site:suspend"),
    *("domain:read", "domain:change"),
    *("database:read", "database:create", "database:change", "database:delete", "database:reveal"),
    *("database:export", "database:import", "database:browse"),
    *("backup:read", "backup:create", "backup:change", "backup:restore", "backup:delete", "backup:download"),
    "backup:import",
    *("schedule:read", "target:read", "target:change"),
    *("cron:read", "cron:change", "cron:operate"),
    *("notice:read", "notice:change"),
    *("worker:read", "server:read", "server:change"),
    *("operation:read", "operation:change"),
    *("runtime:read", "runtime:create", "token:create", "key:rotate"),
)


class ApiToken(models.Model):
    """A key to the API for one user, with a name, scopes and an end. Only an HMAC of its secret is kept."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=64)
    scopes: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = "API token"
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="token_name_once_a_user")]

    def __str__(self) -> str:
        return self.name

    def issue(self) -> str:
        """Give the token a new secret and return the whole token: the only time that it can be read."""
        self.prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
        self.digest = _digest(secret)
        return f"fp_{self.prefix}_{secret}"

    def opens_with(self, secret: str, at: datetime | None = None) -> bool:
        alive = self.revoked_at is None and self.expires_at > (at or now())
        return hmac.compare_digest(self.digest, _digest(secret)) and alive


def _digest(secret: str) -> str:
    return hmac.digest(settings.SECRET_KEY.encode(), secret.encode(), "sha256").hex()
