"""The FrankenPHPs of a server: which there are, and how a further one is registered."""

from __future__ import annotations

import os.path
import re

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.db.models import QuerySet

from apps.audit import writing as audit
from apps.audit.writing import About
from apps.host.errors import Refused
from apps.operations import questions
from apps.operations.asking import Ask
from apps.operations.refusals import Forbidden, Invalid, Missing, Refusal, Taken
from apps.servers.allocation import one_at_a_time
from apps.servers.models import Runtime, Server

FIRST = "default"
"""The name of the one that the panel itself came with."""
SCOPE, PERMISSION = "runtime:create", "servers.add_runtime"
NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,39}")
LONGEST_PATH = 255
PATIENCE = 50.0
"""Seconds: a program may take its time to say that it is none."""


def visible_to(user: User | AnonymousUser) -> QuerySet[Runtime]:
    """All of them for whom ``servers.view_runtime`` is given, else none: their paths are the host's business."""
    allowed = user.is_active and user.has_perm("servers.view_runtime")
    return (Runtime.objects if allowed else Runtime.objects.none()).order_by("server", "id")


def runtime_of(server: Server, name: str) -> Runtime:
    """The runtime of *server* with that name. Raises Invalid with the names there are."""
    found = server.runtimes.filter(name=name).first()
    if found is None:
        names = ", ".join(server.runtimes.order_by("id").values_list("name", flat=True))
        raise Invalid("runtime", f"There is no runtime {name[:40]!r} on {server}; choose one of {names}.")
    return found


def create_runtime(ask: Ask, name: str, path: str) -> Runtime:
    """Register the FrankenPHP at *path* of this machine, once a runner has looked at it.

    Raises Forbidden, Invalid or Taken; Unavailable when no runner answers.
    """
    try:
        return _create(ask, name, path)
    except Refusal as refusal:
        _audit(ask, Runtime(name=name[:60]), refusal)
        raise


def _create(ask: Ask, name: str, path: str) -> Runtime:
    _require(ask)
    _check_form(name, path)
    server = Server.objects.filter(name=settings.SERVER).first()
    if server is None:
        raise Missing("This server is not registered yet; start the panel once with ./panel up.")
    _check_free(server, name, path)
    facts = _look(ask, server, path)
    with transaction.atomic():
        one_at_a_time()
        _check_free(server, name, path)
        runtime = Runtime.objects.create(server=server, name=name, path=path, **facts)
        _audit(ask, runtime)
    return runtime


def _require(ask: Ask) -> None:
    """What is run in every site's name is chosen by the host's own people."""
    staff = ask.user is None or ask.user.is_staff or ask.user.is_superuser
    if not staff or not ask.may(SCOPE, PERMISSION):
        raise Forbidden(f"This needs {SCOPE} and is the host's staff's to do; ask them, or use a token that has it.")


def _check_form(name: str, path: str) -> None:
    if not NAME.fullmatch(name):
        raise Invalid("name", "A runtime's name has 1 to 40 of a-z, 0-9, - and . and begins with none of the last two.")
    if not path.startswith("/") or os.path.normpath(path) != path or path.startswith("//"):
        raise Invalid("path", "A runtime's path is absolute, without . or .. in it, as in /opt/php-8.4/frankenphp.")
    if len(path.encode(errors="replace")) > LONGEST_PATH or not path.isprintable():
        raise Invalid("path", f"A path has at most {LONGEST_PATH} bytes, and no line breaks or control characters.")


def _check_free(server: Server, name: str, path: str) -> None:
    if server.runtimes.filter(name=name).exists():
        raise Taken("name", f"There is a runtime {name} on {server} already; choose another name.")
    if known := server.runtimes.filter(path=path).first():
        raise Taken("path", f"{path} is the runtime {known.name} already; use that one.")


def _look(ask: Ask, server: Server, path: str) -> dict[str, str | bool]:
    try:
        facts: dict[str, str | bool] = questions.ask("runtime", server, ask.user, wait=PATIENCE, path=path)
    except Refused as refusal:
        raise Invalid("path", str(refusal)) from refusal
    return facts


def _audit(ask: Ask, runtime: Runtime, refusal: Refusal | None = None) -> None:
    audit.write(ask, "runtime.create", About("runtime", runtime.pk, runtime.name), refusal)
