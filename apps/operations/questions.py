"""Asking the machine something: the doors may not look for themselves, a runner answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.utils.timezone import now

from apps.host.errors import Refused, Unavailable
from apps.operations import sending
from apps.operations.models import Question, StepRun
from apps.servers.models import Server

if TYPE_CHECKING:
    from apps.host.host import Host

Answerer = Callable[[Question, "Host"], Any]
ANSWERERS: dict[str, Answerer] = {}
"""Filled by each app's ``questions`` module."""
LIVES = timedelta(seconds=60)
KEPT = timedelta(hours=24)
ENVELOPE = "envelope"
"""The parameter that says for whose eyes the answer is sealed."""
SECRET = "secret"  # noqa: S105 - the name of a place, not what is in it
"""The memo's key under which a step seals what is shown once."""


def answers(kind: str) -> Callable[[Answerer], Answerer]:
    """Make a function the one that answers questions of *kind*."""

    def register(function: Answerer) -> Answerer:
        ANSWERERS[kind] = function
        return function

    return register


def ask(kind: str, server: Server, user: User | None, wait: float = 10.0, **params: Any) -> Any:
    """Ask, and wait for at most *wait* seconds. The answer is deleted as it is read.

    Raises Refused with the runner's sentence, Unavailable when no runner answers in time.
    """
    from apps.operations.envelope import Envelope  # noqa: PLC0415 - 4 MB that few processes need

    envelope = Envelope()
    question = Question.objects.create(
        kind=kind,
        server=server,
        asked_by=user,
        params={**params, ENVELOPE: envelope.address},
        expires_at=now() + LIVES,
    )
    sending.ask(question)
    until = monotonic() + wait
    while not _take_back(question, unanswered=monotonic() >= until):
        sleep(0.02)
    if question.answered_at is None:
        raise Unavailable(f"No runner of {server.name} answers. See whether it runs: ./panel status")
    if question.refusal:
        raise Refused(question.refusal)
    return envelope.open(question.answer)


def _take_back(question: Question, *, unanswered: bool) -> bool:
    """Delete *question* once it is answered, or as it is when it was waited for long enough.

    An answer that comes in that very moment is read all the same: what it holds may exist nowhere else.
    """
    question.refresh_from_db()
    asked = Question.objects.filter(pk=question.pk)
    if question.answered_at is not None:
        asked.delete()
        return True
    return unanswered and bool(asked.filter(answered_at=None).delete()[0])


def reply(question: Question, host: Host) -> str:
    """Answer *question* on the machine that it is about."""
    try:
        question.answer = sealed(question, ANSWERERS[question.kind](question, host))
    except (Refused, Unavailable) as refusal:
        question.refusal = str(refusal)
    question.answered_at = now()
    question.save(update_fields=["answer", "refusal", "answered_at"])
    return f"{question.kind} answered"


def sealed(question: Question, answer: Any) -> str:
    """*answer* as it may be written down: nobody but the asker can read it there."""
    from apps.operations.envelope import seal  # noqa: PLC0415 - as above

    return seal(question.params[ENVELOPE], answer)


def forget_old() -> int:
    """Delete answers that nobody read in time, and secrets that nobody asked for within a day."""
    Question.objects.filter(expires_at__lt=now()).delete()
    old = StepRun.objects.filter(memo__has_key=SECRET, started_at__lt=now() - KEPT)
    for line in old:
        line.memo.pop(SECRET)
        line.save(update_fields=["memo"])
    return len(old)
