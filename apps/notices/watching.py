"""What is looked for, and the events that are made of what is found.

Each app says what of its own needs a hand, by a function over its records that a chore calls every few seconds::

    @watch("backup.failed", "A backup failed")
    def failed(server: Server) -> Iterator[Found]:
        for backup in ...:  # the newest of each site, where it failed: so it is over when the next one goes well
            yield Found(backup, backup.site_id, str(backup.pk), f"{backup.slug}: {backup.fault}")

in its module ``watches``, which its ``ready()`` imports. So nothing that fails must remember to tell, and nothing is
told by a transaction that is thrown away. A subject is told of once, until its *state* is another or it is over; what
comes and goes in the same state is told once an hour.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Model, Q
from django.utils.timezone import now

from apps.host.printable import one_line
from apps.notices.models import Delivery, Event, Notice
from apps.servers.models import Server

QUIET = timedelta(hours=1)
KEPT = timedelta(days=30)
BATCH = 500


@dataclass(frozen=True)
class Found:
    """*subject* needs a hand, and *text* says why. *site*: the id of the one that it belongs to, if any.

    *state*: what it is told once for, at most 64 characters. A text that changes by itself makes a bad one.
    """

    subject: Model
    site: int | None
    state: str
    text: str

    @property
    def about(self) -> tuple[str, int]:
        return str(self.subject._meta.model_name), int(self.subject.pk)


Look = Callable[[Server], Iterable[Found]]
Key = tuple[str, str, int]


@dataclass(frozen=True)
class Watch:
    label: str
    look: Look


WATCHES: dict[str, Watch] = {}


def watch(kind: str, label: str) -> Callable[[Look], Look]:
    """Make a function one that says what of a *kind* needs a hand just now. *label* is what a person reads."""

    def register(look: Look) -> Look:
        WATCHES[kind] = Watch(label, look)
        return look

    return register


def look_around(server: Server) -> list[Event]:
    """Close what is over, and make an event of what is new, with a delivery for each who is told of it.

    Returns the new ones. A flat number of queries, whatever is found.
    """
    found = {(kind, *one.about): one for kind, known in WATCHES.items() for one in known.look(server)}
    with transaction.atomic():
        still = set(_close_what_is_over(server, found))
        new = [_event(server, key, one) for key, one in found.items() if key not in still]
        Event.objects.bulk_create(new, batch_size=BATCH)
        Delivery.objects.bulk_create(_deliveries(server, new), batch_size=BATCH)
    return new


def forget_old() -> None:
    """Events that are long over, and what became of their messages."""
    Event.objects.filter(closed_at__lt=now() - KEPT).delete()


def _close_what_is_over(server: Server, found: dict[Key, Found]) -> Iterator[Key]:
    """Returns what goes on as it was."""
    over = []
    for event in Event.objects.filter(server=server, closed_at=None):
        key = (event.kind, event.subject_kind, event.subject_id)
        if key in found and found[key].state == event.state:
            yield key
        else:
            over.append(event.pk)
    Event.objects.filter(pk__in=over).update(closed_at=now())


def _event(server: Server, key: Key, one: Found) -> Event:
    kind, subject_kind, subject_id = key
    return Event(
        server=server,
        site_id=one.site,
        kind=kind,
        subject_kind=subject_kind,
        subject_id=subject_id,
        subject_label=one_line(str(one.subject), 300),
        state=one.state,
        text=one_line(one.text, 600),
        raised_at=now(),
    )


def _deliveries(server: Server, new: list[Event]) -> list[Delivery]:
    """To whoever is told of the server, or of the event's site; of nothing that was told within the hour."""
    lately = Event.objects.filter(server=server, raised_at__gt=now() - QUIET).exclude(pk__in=[one.pk for one in new])
    told = {(one.kind, one.subject_kind, one.subject_id, one.state) for one in lately}
    loud = [one for one in new if (one.kind, one.subject_kind, one.subject_id, one.state) not in told]
    sites = {one.site_id for one in loud}
    notices = list(Notice.objects.filter(Q(site=None) | Q(site__in=sites), server=server, active=True) if loud else ())
    return [
        Delivery(notice=notice, event=event, due_at=event.raised_at)
        for event in loud
        for notice in notices
        if notice.site_id in (None, event.site_id)
    ]
