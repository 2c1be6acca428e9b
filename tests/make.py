"""Records for tests: each builder makes what it needs, and takes only what a test is about."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from itertools import count
from typing import Any

from django.contrib.auth.models import Permission, User
from django.utils.timezone import now
from rest_framework.test import APIClient

from apps.accounts.models import SCOPES, ApiToken
from apps.databases.models import Database
from apps.domains.models import Domain
from apps.operations.models import Operation, StepRun
from apps.servers.models import Runtime, Server
from apps.sites.models import Site

_number = count(1)


def a_user(name: str = "rose", *, may: Iterable[str] = (), **fields: Any) -> User:
    """*may*: permissions on everything, as in ``sites.add_site``."""
    user = User.objects.create_user(name, password=f"{name}'s long password", **fields)
    for permission in may:
        app, codename = permission.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return user


def a_token(user: User, *scopes: str, days: float = 1, name: str = "") -> tuple[ApiToken, str]:
    """A token with *scopes*, all of them where none is named, and its text."""
    token = ApiToken(user=user, name=name or f"token {next(_number)}", scopes=list(scopes or SCOPES))
    token.expires_at = now() + timedelta(days=days)
    text = token.issue()
    token.save()
    return token, text


def a_client(user: User, *scopes: str) -> APIClient:
    """An API client that comes in with a token of *user*."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {a_token(user, *scopes)[1]}")
    return client


def a_server(name: str = "local") -> Server:
    """This machine, with a FrankenPHP."""
    server, _ = Server.objects.get_or_create(name=name)
    facts = {"path": "/opt/frankenphp", "version": "1.12.7", "php_version": "8.2.32", "thread_safe": True}
    Runtime.objects.get_or_create(server=server, name="php-8.2", defaults=facts)
    return server


def a_site(
    owner: User | None = None, name: str = "Rose", host: str = "", *, database: bool = False, **fields: Any
) -> Site:
    """An active site with its primary domain: the records alone."""
    server, number = a_server(), next(_number)
    facts = {"slug": f"site-{number}", "kind": "custom", "status": Site.Status.ACTIVE, "port": 8080 + number}
    site = Site(name=name, owner=owner, server=server, runtime=server.runtimes.first(), **{**facts, **fields})
    site.save()
    Domain.objects.create(site=site, host=host or f"{site.slug}.example.com", primary=True)
    if database:
        Database.objects.create(site=site, name=f"fp_{number}")
    return site


def an_operation(site: Site, asked_by: User | None = None, *, done: Iterable[str] = (), **fields: Any) -> Operation:
    """The creation of *site*, with a journal's line for each key of *done*."""
    facts: dict[str, Any] = {
        "flow": "site.create",
        "subject_kind": "site",
        "subject_id": site.pk,
        "subject_label": site.name,
        "server": site.server,
        "queue": f"server.{site.server}",
        "asker": asked_by.get_username() if asked_by else "the panel",
        "door": "test",
        "params": {"site_id": site.pk},
    }
    operation = Operation.objects.create(asked_by=asked_by, **{**facts, **fields})
    for position, key in enumerate(done, 1):
        StepRun.objects.create(
            operation=operation, position=position, key=key, status=StepRun.Status.DONE, ended_at=now()
        )
    return operation
