"""A runner starts the process in which somebody browses."""

from __future__ import annotations

from pathlib import Path

from apps.browser.config import PROBE, Opening
from apps.browser.models import Browsing
from apps.browser.standing import judge
from apps.databases.models import Database
from apps.host.browsers import Browser
from apps.host.errors import Refused
from apps.host.host import Host
from apps.operations.asking import Ask
from apps.operations.models import Question
from apps.operations.questions import answers
from apps.operations.refusals import Refusal

FOLDER = "tmp/browser"
"""In the site's folder: where its PHP keeps what a page tells the next one."""


@answers("browser")
def start(question: Question, host: Host) -> bool:
    """Start it, for whoever may: the door's word for that is not taken. It runs when this is answered."""
    waiting = Browsing.objects.filter(stage=Browsing.Stage.STARTING, user=question.asked_by)
    found = waiting.select_related("database__site__server", "database__site__runtime")
    browsing = found.filter(pk=question.params.get("browsing")).first()
    if browsing is None:
        raise Refused("There is no such database to be browsed.")
    try:
        judge(Ask(user=question.asked_by, door="admin"), browsing.database)
    except Refusal as refusal:
        raise Refused(str(refusal)) from refusal
    _start(browsing, browsing.database, host)
    return True


def session_of(browsing: Browsing) -> str:
    return f"browser{browsing.pk}"


def _start(browsing: Browsing, database: Database, host: Host) -> None:
    site, places = database.site, host.places
    owner = host.users.identity(places.site_user(site.pk))
    host.files.make_folder_as(owner, site.slug, FOLDER)
    opening = Opening(
        database=database.name,
        socket=places.mysql_socket,
        code=places.browser,
        tmp=places.site(site.slug) / FOLDER,
        session=session_of(browsing),
        password=host.vault.open(database.sealed_password),
    )
    host.browsers.start(Browser(browsing.pk, owner, Path(site.runtime.path), opening.config, PROBE))
