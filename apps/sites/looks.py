"""What can be read of a site on its machine."""

from __future__ import annotations

from apps.audit import writing as audit
from apps.audit.writing import About
from apps.host.errors import Refused
from apps.lifecycle.requests import OPERATE, require
from apps.operations import questions
from apps.operations.asking import Ask
from apps.operations.refusals import WrongState
from apps.sites.models import Site


def read_pass(ask: Ask, site: Site) -> dict[str, str]:
    """``{link}``: the address that leads past the maintenance page of *site*. Audited, for it opens the site.

    Raises Forbidden, WrongState where the site is not in maintenance; Unavailable when no runner answers.
    """
    require(ask, "site:operate", OPERATE, site)
    try:
        answer: dict[str, str] = questions.ask("pass", site.server, ask.user, site=site.pk)
    except Refused as refusal:
        raise WrongState(str(refusal)) from refusal
    audit.write(ask, "site.reveal", About("site", site.pk, str(site)))
    return answer
