"""What is told of a database by a runner."""

from __future__ import annotations

from typing import Any

from apps.audit import writing as audit
from apps.audit.writing import About
from apps.databases.models import Database
from apps.host.errors import Refused
from apps.lifecycle.requests import CHANGE, require
from apps.operations import questions
from apps.operations.asking import Ask
from apps.operations.refusals import Refusal, WrongState

REVEAL = "database:reveal"


def reveal(ask: Ask, database: Database) -> dict[str, Any]:
    """``{database, user, password, host, socket}``. Every time is written down, whether it was told or refused."""
    try:
        require(ask, REVEAL, CHANGE, database.site)
        if database.status != Database.Status.ACTIVE:
            raise WrongState(f"{database} is {database.get_status_display().lower()}; there is nothing to log in to.")
        return _told(ask, database)
    except Refusal as refusal:
        write_down(ask, database, refusal)
        raise


def _told(ask: Ask, database: Database) -> dict[str, Any]:
    server = database.site.server
    try:
        told: dict[str, Any] = questions.ask("login", server, ask.user, database=database.pk, door=ask.door)
    except Refused as refusal:
        raise WrongState(str(refusal)) from refusal
    return told


def write_down(ask: Ask, database: Database, refusal: Refusal | None = None) -> None:
    audit.write(ask, "database.reveal", About("database", database.pk, database.name), refusal)
