"""The one-time link into a database."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.timezone import now

from apps.audit import writing as audit
from apps.audit.writing import About
from apps.browser.models import Browsing
from apps.browser.secret import digest_of, new_secret
from apps.browser.standing import LINK, judge
from apps.databases.models import Database
from apps.operations.asking import Ask
from apps.operations.refusals import Refusal
from frankenpanel.origins import panel_origin


def browse(ask: Ask, database: Database) -> dict[str, Any]:
    """``{link, until}``: opens the database once, within a minute, in a session of the panel.

    That session must be of whoever has asked. What the console has asked for, as which nobody can sign in, opens in
    that of anybody who may browse the database himself. So a link that gets into other hands, or into a log, is worth
    nothing there. Each is written down, whether it was given or refused.
    """
    try:
        judge(ask, database)
    except Refusal as refusal:
        write_down(ask, database, refusal)
        raise
    secret, until = new_secret(), now() + LINK
    whose = ask.user if ask.user and ask.user.has_usable_password() else None
    Browsing.objects.create(database=database, user=whose, digest=digest_of(secret), until=until)
    write_down(ask, database, how="A link was given.")
    return {"link": f"{panel_origin()}{reverse('browse', args=[secret])}", "until": until.isoformat()}


def write_down(ask: Ask, database: Database, refusal: Refusal | None = None, how: str = "") -> None:
    audit.write(ask, "database.browse", About("database", database.pk, database.name), refusal, how=how)
