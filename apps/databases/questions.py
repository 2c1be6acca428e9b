"""What a runner tells the doors of a database."""

from __future__ import annotations

from django.db import transaction

from apps.databases.looks import REVEAL, write_down
from apps.databases.models import Database
from apps.databases.steps.rewriting import PARAMETER, rewriting_of
from apps.host.errors import Refused
from apps.host.host import Host
from apps.lifecycle.requests import CHANGE, may
from apps.operations.asking import Ask
from apps.operations.models import Question
from apps.operations.questions import answers, sealed


@answers("login")
def login(question: Question, host: Host) -> dict[str, str]:
    """How to log in to a database, for whoever may know it: the door's word for that is not taken.

    The answer and the audit row are written in one transaction: nothing is told that is not written down.
    """
    ask = Ask(user=question.asked_by, door=str(question.params.get("door", "")))
    database = Database.objects.select_related("site__server").filter(pk=question.params.get("database")).first()
    if database is None or ask.user is None or not may(ask, REVEAL, CHANGE, database.site):
        raise Refused("There is no such database, or its password is not for you.")
    told = {
        "database": database.name,
        "user": database.name,
        "password": host.vault.open(database.sealed_password),
        "host": "localhost",
        "socket": str(host.places.mysql_socket),
    }
    with transaction.atomic():
        question.answer = sealed(question, told)
        question.save(update_fields=["answer"])
        write_down(ask, database)
    return told


@answers("addresses")
def addresses(question: Question, host: Host) -> str:
    """In how many places a rewriting would change an address, and what it would leave alone, as a sentence."""
    database = Database.objects.filter(pk=question.params["database_id"]).first()
    if database is None:
        raise Refused("The database is not there any more.")
    report = rewriting_of(database, question.params[PARAMETER], host).count()
    by_table = ", ".join(f"{table} {places}" for table, places in sorted(report.places.items()) if places)
    left = " ".join(f"{count} left alone: {sentence}" for sentence, count in sorted(report.left.items()))
    return " ".join(part for part in (f"{report}{f' ({by_table})' if by_table else ''}.", left) if part)
