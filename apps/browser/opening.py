"""From a link to an open browser, in two hops: from the panel's name, where the session is, to the browser's own.

The panel's cookie is not sent to the other name, and must not be. So the panel, having seen whose session it is, gives
a second secret along, which is good once and for seconds, and is exchanged there for a cookie.
"""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils.timezone import now

from apps.browser.looks import write_down
from apps.browser.models import Browsing
from apps.browser.secret import digest_of, new_secret
from apps.browser.standing import DOOR, ENTRY, LINK, OPEN, is_over, judge
from apps.host.errors import HostError
from apps.operations import questions
from apps.operations.asking import Ask
from apps.operations.refusals import Full, Missing, Refusal
from apps.operations.telling import refusal_of
from frankenpanel.origins import browser_origin

MOST = 10
"""Open at a time on a server: each is a process."""
USED = "This link was used before, is more than a minute old, or is somebody else's; ask for a new one."
Stage = Browsing.Stage


def open_link(user: User, session: str, address: str, secret: str) -> str:
    """Start what the link leads to, for *user* in his *session* of the panel, and return where his browser goes next.

    Raises Missing for a link that opens nothing, or not to him; a Refusal or a HostError where it cannot be.
    """
    browsing = _claimed(user, session, secret)
    ask, database = Ask(user=user, door=DOOR), browsing.database
    try:
        judge(ask, database)
        _make_room(browsing)
        questions.ask("browser", database.site.server, user, browsing=browsing.pk)
    except (Refusal, HostError) as error:
        browsing.delete()  # what was begun of its process, the chore finds and ends
        write_down(ask, database, refusal_of(error))
        raise
    write_down(ask, database, how=f"Opened from {address}.")
    entry = _go_on(browsing, Stage.STARTING, stage=Stage.ENTRY, until=now() + ENTRY, opened_at=now(), seen_at=now())
    return f"{browser_origin()}/enter/{entry}"


def enter(secret: str) -> str:
    """The value of the cookie, for whoever has just come from the panel. Raises Missing."""
    found = _found(secret, Stage.ENTRY).first()
    if found is None:
        raise Missing(USED)
    return _go_on(found, Stage.ENTRY, stage=Stage.OPEN, until=now() + OPEN)


def current(cookie: str) -> Browsing | None:
    """What the cookie opens now; None once it is over."""
    found = _found(cookie, Stage.OPEN).select_related("database__site__server").first() if cookie else None
    return None if found is None or is_over(found) else found


def _claimed(user: User, session: str, secret: str) -> Browsing:
    """The link's row, which nobody else can have after this."""
    links = _found(secret, Stage.LINK).filter(Q(user=user) | Q(user=None))
    found = links.select_related("database__site__server").first()
    if found is None:
        raise Missing(USED)
    _go_on(found, Stage.LINK, stage=Stage.STARTING, until=now() + LINK, user=user, session=session)
    found.refresh_from_db()
    return found


def _found(secret: str, stage: Browsing.Stage) -> QuerySet[Browsing]:
    return Browsing.objects.filter(digest=digest_of(secret), stage=stage, until__gt=now())


def _go_on(browsing: Browsing, before: Browsing.Stage, **facts: object) -> str:
    """Come to the next stage, and return its secret. Raises Missing where somebody was quicker."""
    secret = new_secret()
    at_that = Browsing.objects.filter(pk=browsing.pk, stage=before)
    if not at_that.update(digest=digest_of(secret), **facts):
        raise Missing(USED)
    return secret


def _make_room(browsing: Browsing) -> None:
    """Whoever opens a database a second time has the first one ended. Raises Full."""
    others = Browsing.objects.exclude(pk=browsing.pk).exclude(stage=Stage.LINK)
    others.filter(database=browsing.database, user=browsing.user).delete()
    server = browsing.database.site.server
    if others.filter(database__site__server=server).count() >= MOST:
        raise Full(f"{MOST} databases are open on {server} already; try again when one of them is closed.")
