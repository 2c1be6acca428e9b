"""What a runner looks up in a site's database for the doors."""

from __future__ import annotations

from apps.databases.models import Database
from apps.databases.steps.rewriting import PARAMETER, rewriting_of
from apps.host.errors import Refused
from apps.host.host import Host
from apps.operations.models import Question
from apps.operations.questions import answers


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
