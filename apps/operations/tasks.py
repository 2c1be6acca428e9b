"""Celery's side: each task reads everything again from the database, so that a message can do nothing but wake."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings

from apps.host.local import this_host
from apps.operations import engine, sending
from apps.operations.due import left
from apps.operations.models import Operation, Question
from apps.operations.questions import forget_old, reply


@shared_task(name="operations.advance")
def advance(operation: int) -> str:
    """One step of *operation*, and a message for the next where there is one."""
    try:
        return engine.advance(operation, this_host)
    finally:
        _send_next(operation)


def _send_next(pk: int) -> None:
    due = Operation.objects.filter(pk=pk, status__in=Operation.DUE, claimed_by="")
    for queue, due_at in due.values_list("queue", "due_at"):
        sending.send(pk, queue, max(0.0, left(due_at).total_seconds()))


@shared_task(name="operations.answer")
def answer(question: int) -> str:
    """Of another server's questions there is nothing to be answered here."""
    found = Question.objects.filter(pk=question, answered_at=None, server__name=settings.SERVER).first()
    return reply(found, this_host()) if found else "nothing asked"


@shared_task(name="operations.forget_credentials")
def forget_credentials() -> int:
    return forget_old()
