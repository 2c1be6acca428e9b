"""Dumps that come in at a door: into the spool, from where a runner of this machine takes them."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings

from apps.databases.models import Database
from apps.host.spool import Spool, TooLong
from apps.lifecycle.database_dumps import import_database
from apps.lifecycle.requests import CHANGE, require
from apps.operations.asking import Ask
from apps.operations.models import Operation
from apps.operations.refusals import Refusal, WrongState
from apps.sites.models import Site


class TooMuch(Refusal):
    """More than may be sent at once."""

    code, status, exit = "too-large", 413, 8


def import_sent(
    ask: Ask, database: Database, chunks: Iterable[bytes], announced: int = 0, *, keep: bool = True
) -> Operation:
    """Write *chunks* down and import them, as ``import_database`` does; a dump that is refused is forgotten."""
    upload = take(ask, database, chunks, announced)
    try:
        return import_database(ask, database, upload=upload, keep=keep)
    except BaseException:
        spool().remove(upload)
        raise


def take(ask: Ask, database: Database, chunks: Iterable[bytes], announced: int = 0) -> str:
    """Write *chunks* down, and return the name that the import wants. *announced*: how many bytes shall come.

    Nothing is read from whoever may not import. Raises TooMuch past what ``FRANKENPANEL_UPLOAD_MB`` allows.
    """
    require(ask, "database:import", CHANGE, database.site)
    return taken(database.site, chunks, announced)


def taken(site: Site, chunks: Iterable[bytes], announced: int = 0) -> str:
    """The same, for whatever may be sent for *site* by somebody who was let in."""
    if site.server.name != settings.SERVER:
        raise WrongState(f"{site.slug} is on {site.server}: put the file into the site's private folder there.")
    try:
        return spool().take(chunks, announced)
    except TooLong as error:
        raise TooMuch(str(error)) from error


def spool() -> Spool:
    return Spool(settings.PLACES.spool, settings.UPLOAD_MB << 20)
