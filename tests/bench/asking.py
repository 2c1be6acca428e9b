"""What a script and a browser bring along to ask the panel, and the request that most benchmarks make."""

from __future__ import annotations

import json
from itertools import count

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore

from apps.accounts.tokens import create_token
from apps.operations.asking import Ask
from apps.operations.models import Operation
from apps.sites.models import Site
from tests.bench.waiting import until
from tests.bench.web import Web

SITES, BACKUPS = "/api/v1/sites/", "/api/v1/backups/"
number = count(1)
"""Names that no other benchmark of this run has used."""


def token() -> str:
    """A token of a new superuser's, which may create sites."""
    scopes = ["site:create", "site:read", "site:operate", "site:change", "domain:change", "operation:read"]
    scopes += ["database:change", "backup:create", "backup:change"]
    return create_token(Ask(None, "bench"), _superuser(), "bench", scopes, 1)[1]


def session() -> str:
    """The cookie of a new superuser who has signed in."""
    user, store = _superuser(), SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.save()
    return f"sessionid={store.session_key}"


def ask_for_site(web: Web, title: str, kind: str, host: str, *, database: bool = False) -> Operation:
    """The operation that the request led to."""
    asked = {"name": title, "kind": kind, "domain": host, "database": database}
    return operation_of(web.ask("POST", SITES, asked))


def act_on(web: Web, site: Site, verb: str) -> Operation:
    """The operation that one of a site's acts led to."""
    return operation_of(web.ask("POST", f"{SITES}{site.pk}/{verb}/", {}))


def ask_of_backups(web: Web, path: str, words: dict[str, str]) -> Operation:
    """The operation that it led to; *path* after that of all backups."""
    return operation_of(web.ask("POST", f"{BACKUPS}{path}", words))


def operation_of(answered: tuple[int, str]) -> Operation:
    """That which the panel has *answered* with."""
    status, answer = answered
    assert status == 202, (status, answer)
    return Operation.objects.get(pk=json.loads(answer)["operation"]["id"])


def wait_for_end(operation: Operation) -> None:
    """Until it is done; AssertionError with its error when it ends otherwise."""
    ended = Operation.objects.filter(pk=operation.pk, ended_at__isnull=False)
    until(ended.exists, f"{operation} does not end.")
    operation.refresh_from_db()
    assert operation.status == Operation.Status.DONE, f"{operation}: {operation.error}"


def _superuser() -> User:
    return User.objects.create_superuser(f"bench-{next(number)}")
