"""What a runner looks up about a site for the doors."""

from __future__ import annotations

from django.db import transaction
from django.utils.timezone import now

from apps.audit import writing as audit
from apps.audit.writing import About
from apps.host.errors import Refused
from apps.host.host import Host
from apps.operations.asking import Ask
from apps.operations.credentials import TOLD
from apps.operations.models import Operation, Question, StepRun
from apps.operations.questions import SECRET, answers, sealed
from apps.sites.facts import ADMIN, kind_of
from apps.sites.models import Site


@answers("credentials")
def credentials(question: Question, host: Host) -> dict[str, str]:
    """``{url, user, password}`` of what the asker's operation installed, the first time that he asks.

    In one transaction the secret leaves the journal, the answer is written and the audit row says so: where nobody
    waits for the answer any more there is no row to write it on, and the secret stays where it is.
    """
    with transaction.atomic():
        line = _line(question)
        operation = line.operation
        site = Site.objects.prefetch_related("domains").get(pk=operation.subject_id)
        told = {
            "url": f"{site.url}{kind_of(site).admin_path or '/'}",
            "user": ADMIN,
            "password": host.vault.open(line.memo.pop(SECRET)),
        }
        question.answer = sealed(question, told)
        question.save(update_fields=["answer"])
        line.memo[TOLD] = now().isoformat()
        line.save(update_fields=["memo"])
        asker = Ask(user=question.asked_by, door=str(question.params.get("door", "")))
        about = About(operation.subject_kind, operation.subject_id, operation.subject_label)
        audit.write(asker, "operation.reveal", about, operation=operation)
    return told


@answers("pass")
def maintenance_link(question: Question, host: Host) -> dict[str, str]:
    """``{link}`` past the maintenance page of a site. Who may ask for it was checked before."""
    site = Site.objects.prefetch_related("domains").get(pk=question.params["site"])
    if site.status != Site.Status.MAINTENANCE:
        raise Refused(f"{site.slug} is not in maintenance, so it needs no link; open {site.url}.")
    return {"link": f"{site.url}/.frankenpanel/pass/{host.vault.open(site.sealed_pass)}"}


def _line(question: Question) -> StepRun:
    """The journal's line that has the secret. Refused for everybody but the operation's asker."""
    lines = StepRun.objects.select_for_update(of=("self",)).select_related("operation")
    line = lines.filter(
        operation=question.params.get("operation"),
        operation__asked_by=question.asked_by,
        operation__status=Operation.Status.DONE,
        operation__subject_kind="site",
        memo__has_key=SECRET,
    ).first()
    if line is None or question.asked_by is None:
        raise Refused("These credentials were read already, or are not yours to read.")
    return line
