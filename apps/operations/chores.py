"""What a server looks after by itself: each chore at its interval, by one runner of the server, without a message.

A chore looks, and asks for operations where something must be done, as a person would: it takes a second at most, and
may run again after a crash half way.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import DatabaseError
from django.utils.timezone import now

from apps.operations.asking import Ask
from apps.operations.models import Chore
from apps.operations.refusals import Refusal
from apps.servers.models import Server

if TYPE_CHECKING:
    from apps.host.host import Host

Duty = Callable[[Server, "Host"], object]
PANEL = Ask(user=None, door="panel")
"""Who asks for what a chore finds to do."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Registered:
    duty: Duty
    every: timedelta


CHORES: dict[str, Registered] = {}
"""Filled by each app's ``chores`` module."""


def chore(name: str, *, every: float) -> Callable[[Duty], Duty]:
    """Make a function one that is called every so many seconds. *name* stands in the records: never changed."""

    def register(duty: Duty) -> Duty:
        CHORES[name] = Registered(duty, timedelta(seconds=every))
        return duty

    return register


@contextmanager
def or_later(otherwise: str) -> Iterator[None]:
    """What is asked for inside, and refused just now, is found again the next time: *otherwise* is logged, and why."""
    try:
        yield
    except Refusal as refusal:
        logger.warning("%s: %s", otherwise, refusal)


def do_what_is_due(host: Callable[[], Host]) -> list[str]:
    """Run every chore of this server whose time has come. Returns their names; one that fails stops no other."""
    server = Server.objects.filter(name=settings.SERVER).first()
    if server is None:
        return []
    done = [name for name in CHORES if _claim(server, name)]
    for name in done:
        _run(name, server, host)
    return done


def _claim(server: Server, name: str) -> bool:
    """Whether it is due, and this runner is the one that does it. A time far ahead was written by another clock."""
    at, every = now(), CHORES[name].every
    row, made = Chore.objects.get_or_create(server=server, name=name, defaults={"due_at": at + every})
    if made:
        return True
    if at < row.due_at <= at + every:
        return False
    return bool(Chore.objects.filter(pk=row.pk, due_at=row.due_at).update(due_at=at + every))


def _run(name: str, server: Server, host: Callable[[], Host]) -> None:
    try:
        CHORES[name].duty(server, host())
    except DatabaseError:
        raise
    except Exception:
        logger.exception("the chore %s of %s has a fault", name, server)
