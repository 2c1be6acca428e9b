"""From what waits for somebody to one message to him, through the server's relay or to his webhook.

What was told, and whose line was not written before a crash, is told twice: nothing is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils.timezone import now

from apps.host import oplock
from apps.host.errors import Refused, Unavailable
from apps.host.host import Host
from apps.host.webhook import parsed
from apps.mail.relays import relay_at, smtp_for
from apps.notices.models import Delivery, Event, Notice
from apps.notices.telling import as_json, as_mail
from apps.operations.letterbox import take_out

GIVES_UP = timedelta(hours=24)
PAUSES = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60)]
KEPT = 50
"""Deliveries to somebody that are remembered."""
NO_RELAY = "There is no relay, so no mail leaves; set one with ./panel server relay first."


def due() -> QuerySet[Delivery]:
    """What waits on this server, and whose time has come."""
    waiting = Delivery.objects.filter(status=Delivery.Status.WAITING, due_at__lte=now())
    return waiting.filter(notice__server__name=settings.SERVER, notice__active=True)


def deliver(pk: int, host: Host) -> str:
    """Tell notice *pk* what is due, in one message. Somebody who is at it already will see to the rest."""
    lock = settings.PLACES.notice_lock(pk)
    descriptor = oplock.acquire(lock)
    if descriptor is None:
        return "somebody is at it"
    try:
        waiting = list(due().filter(notice=pk).select_related("event__site", "notice__site", "notice__server"))
        if waiting:
            _try(waiting, host)
        return f"{len(waiting)} told"
    finally:
        oplock.release(lock, descriptor, remove=True)


def tell(notice: Notice, events: Sequence[Event], host: Host) -> None:
    """Send it. Raises Refused or Unavailable with the other side's own words; without *events* it is a test."""
    if notice.kind == Notice.Kind.WEBHOOK:
        secret = take_out(host, notice.sealed_secret) if notice.sealed_secret else ""
        host.webhooks.post(parsed(take_out(host, notice.sealed_url)), as_json(notice, events), secret)
        return
    relay = relay_at(notice.server, None)
    if relay is None:
        raise Unavailable(NO_RELAY)
    server = smtp_for(host, relay)
    host.smtp.send(server, relay.sender, [notice.to], as_mail(notice, events, relay.sender))


def _try(waiting: list[Delivery], host: Host) -> None:
    notice, events = waiting[0].notice, [one.event for one in reversed(waiting)]
    try:
        tell(notice, events, host)
    except Unavailable as trouble:
        _put_off(waiting, str(trouble))
    except Refused as refusal:
        _end(waiting, Delivery.Status.FAILED, str(refusal))
    else:
        _end(waiting, Delivery.Status.SENT, "")
    _forget(notice)


def _put_off(waiting: list[Delivery], why: str) -> None:
    """Each by itself: what has been tried for a day is given up, and what is new is not."""
    old = [one for one in waiting if now() - one.event.raised_at > GIVES_UP]
    later = [one for one in waiting if one not in old]
    for one in later:
        one.tries += 1
        one.due_at, one.error = now() + PAUSES[min(one.tries, len(PAUSES)) - 1], why[:400]
    Delivery.objects.bulk_update(later, ["tries", "due_at", "error"])
    _end(old, Delivery.Status.FAILED, f"{why} It was tried for a day.")


def _end(ended: list[Delivery], status: Delivery.Status, error: str) -> None:
    rows = Delivery.objects.filter(pk__in=[one.pk for one in ended])
    rows.update(status=status, error=error[:400], ended_at=now())


def _forget(notice: Notice) -> None:
    old = notice.deliveries.exclude(status=Delivery.Status.WAITING).order_by("-id")[KEPT:]
    Delivery.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()
