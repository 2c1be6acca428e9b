"""Waking a runner. A message that is lost costs seconds, for the table is the queue of record."""

from __future__ import annotations

import logging

from django.db import transaction
from kombu.exceptions import OperationalError

from apps.operations.models import Operation, Question
from frankenpanel.celery import app

logger = logging.getLogger(__name__)


def on_commit(operation: Operation) -> None:
    pk, queue = operation.pk, operation.queue
    transaction.on_commit(lambda: send(pk, queue))


def send(operation: int, queue: str, after: float = 0.0) -> None:
    """Tell the runners of *queue* that *operation* has a step to do. The id is all that the message says."""
    _send("operations.advance", {"operation": operation}, queue, after)


def ask(question: Question) -> None:
    _send("operations.answer", {"question": question.pk}, f"server.{question.server.name}.ask")


def wake(task: str, queue: str, **about: int) -> None:
    """Tell the runners of *queue* that there is something for *task* to look for, *about* a row of that number."""
    _send(task, about, queue)


def _send(task: str, kwargs: dict[str, int], queue: str, after: float = 0.0) -> None:
    try:
        app.send_task(task, kwargs=kwargs, queue=queue, countdown=after or None, retry=False)
    except (OperationalError, OSError) as error:
        logger.warning("the broker took no message for %s %s: %s; the sweeper will", task, kwargs, error)
