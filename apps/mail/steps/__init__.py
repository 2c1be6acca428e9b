"""The steps that set a relay, and the one that tries it with a mail."""

from __future__ import annotations

import json
from typing import Any

from django.db import transaction

from apps.host.errors import Refused
from apps.mail.message import ready
from apps.mail.models import Relay
from apps.mail.relays import relay_at, relay_of, smtp_for, smtp_of, values_of
from apps.operations.flow import Step
from apps.operations.run import Run
from apps.servers.models import Server
from apps.sites.models import Site

SEALED = "sealed_password"
TEST = "To: {}\nSubject: A test of outgoing mail\n\nThis mail shows that the relay takes what {} sends.\n"


class TryRelay(Step):
    """Log in to it and send nothing: one that does not answer, or refuses the login, is not taken."""

    key = "relay-try"

    def plan(self, run: Run) -> str:
        wanted = run.params["relay"]
        if not wanted:
            return "Nothing to try: there is no relay any more"
        login = f" and log in as {wanted['login']}" if wanted["login"] else ""
        return f"Connect to {wanted['host']}:{wanted['port']}{login}"

    def do(self, run: Run) -> None:
        if run.params["relay"]:
            run.host.smtp.greet(smtp_of(run.host, run.params["relay"], of_a_site="site_id" in run.params))


class WriteRelay(Step):
    """Write it down, and say so where the sites' sendmail looks: from then on mails are taken, or refused at once."""

    key = "relay-write"

    def plan(self, run: Run) -> str:
        whose = str(run.record(Site).slug) if "site_id" in run.params else "every site without a relay of its own"
        wanted = run.params["relay"]
        return f"Send the mails of {whose} through {wanted['host']}" if wanted else f"Take the relay from {whose}"

    def do(self, run: Run) -> None:
        server, site = _whose(run)
        relay = relay_at(server, site)
        before = values_of(relay) if relay else {}
        sealed = before.pop(SEALED, "")
        run.remember(SEALED, lambda: sealed)  # by this name a new key of the server's finds it
        run.remember("before", lambda: json.dumps(before))
        _write(run, run.params["relay"])

    def undo(self, run: Run) -> None:
        if "before" in run.memo:
            before = json.loads(run.memo["before"])
            _write(run, before and {**before, SEALED: run.memo[SEALED]})


class SendTestMail(Step):
    """Straight to the relay, so that its very words are told when it will not have it."""

    key = "mail-test"

    def plan(self, run: Run) -> str:
        return f"Send a mail to {run.params['to']} through the relay"

    def do(self, run: Run) -> None:
        server, site = _whose(run)
        relay = relay_of(site) if site else relay_at(server, None)
        if relay is None:
            raise Refused("There is no relay, so no mail leaves; set one first.")
        if run.memo.get("sent"):
            return
        name = site.slug if site else server.name
        made = ready(TEST.format(run.params["to"], name).encode(), [], relay.sender, name)
        run.host.smtp.send(smtp_for(run.host, relay), relay.sender, made.recipients, made.content)
        run.remember("sent", lambda: 1)


def _whose(run: Run) -> tuple[Server, Site | None]:
    if "site_id" not in run.params:
        return run.record(Server), None
    site = run.record(Site)
    return site.server, site


def _write(run: Run, values: dict[str, Any]) -> None:
    server, site = _whose(run)
    with transaction.atomic():
        if values:
            Relay.objects.update_or_create(server=server, site=site, defaults=values)
        else:
            Relay.objects.filter(server=server, site=site).delete()
    run.host.postbox.open_for(site.pk if site else None, there_is_a_relay=bool(values))
