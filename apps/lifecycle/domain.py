"""Domain Lifecycle."""

from __future__ import annotations

from typing import Any, Unpack

from apps.databases.steps.rewriting import ForgetOldAddresses, RewriteAddresses
from apps.domains.changes import state_of
from apps.domains.claiming import claim_domain
from apps.domains.models import Domain
from apps.domains.removing import heir_of, stands_against_removal
from apps.domains.rewriting import rewriting_to
from apps.domains.steps.changing import ChangeDomain, RegenerateCaddyfile, ServeDomain
from apps.domains.steps.looks import LookUpDns, SeeCertificate
from apps.domains.steps.own_block import LoadOwnBlock
from apps.domains.steps.pages import LoadFront
from apps.domains.steps.pairs import DropPairs, WritePair, unused_pairs
from apps.domains.steps.removing import DeleteDomain, MarkRemoving
from apps.domains.wishes import Wishes, leads_to_itself, read_wishes
from apps.lifecycle.requests import OPERATE, must_be, require
from apps.operations.asking import Ask
from apps.operations.enqueue import enqueue
from apps.operations.entry import lifecycle
from apps.operations.flow import Flow, Records, line
from apps.operations.models import Operation
from apps.operations.refusals import Invalid, WrongState
from apps.operations.rows import NewRow
from apps.operations.run import Run
from apps.servers.allocation import one_at_a_time
from apps.sites.models import Site
from apps.sites.steps.status import CheckState

Status = Site.Status
CHANGEABLE = (Status.ACTIVE, Status.INACTIVE, Status.MAINTENANCE, Status.SUSPENDED)
SCOPE = "domain:change"

# 1. Domain Addition

ADD = Flow(
    "domain.create",
    seed="Domain Lifecycle / 1. Domain Addition",
    in_request=(1, 2, 3, 4, 8),
    steps=(
        CheckState(CHANGEABLE, "given another domain"),
        LookUpDns(),
        line(5, ServeDomain()),
        line(6, RegenerateCaddyfile()),
        line(7, LoadOwnBlock()),
        SeeCertificate(),
    ),
    records=NewRow(Domain),  # lines 3 and 4, seen from the other end
)


@lifecycle("domain.create")
def add_domain(ask: Ask, site: Site, *, host: str, redirects: bool = False) -> Operation:
    """Lines 1 to 4: check the name, write its record and that of its certificate; 8 is the operation's answer.

    With *redirects* it leads to the primary domain. DNS is looked up and shown; it may be put right later.
    """
    require(ask, SCOPE, OPERATE, site)
    one_at_a_time()
    domain = claim_domain(ask, host, site, "host")
    if redirects and domain.primary:
        raise leads_to_itself(domain)
    if redirects:
        Domain.objects.filter(pk=domain.pk).update(redirects=True)
    operation = _enqueue(ADD, ask, domain)
    must_be(site, operation, CHANGEABLE, "given another domain")
    return operation


# 2. Domain Update


class ChangedDomain(Records):
    """A pair that no domain has any more goes, whichever way this ended."""

    def finish(self, run: Run) -> None:
        for pair in unused_pairs(run):
            pair.delete()

    def undo(self, run: Run) -> None:
        self.finish(run)


UPDATE = Flow(
    "domain.update",
    seed="Domain Lifecycle / 2. Domain Update",
    in_request=(),
    steps=(
        CheckState(CHANGEABLE, "given other domains"),
        WritePair(),
        line(1, ChangeDomain()),
        line(2, RegenerateCaddyfile()),
        line(3, LoadOwnBlock()),
        RewriteAddresses(),
        SeeCertificate(),
        DropPairs(),
        ForgetOldAddresses(),
    ),
    records=ChangedDomain(),
)


@lifecycle("domain.update")
def update_domain(ask: Ask, domain: Domain, **wanted: Unpack[Wishes]) -> Operation:
    """Change what is named, and leave the rest as it is.

    With *rewrite* the site's own texts and settings have the new primary address afterwards.
    """
    require(ask, SCOPE, OPERATE, domain.site)
    changes = read_wishes(domain, wanted)
    rewrite = rewriting_to(domain, becomes_primary="primary" in changes) if wanted.get("rewrite") else {}
    operation = _enqueue(UPDATE, ask, domain, changes=changes, pair_id=changes.get("pair"), **rewrite)
    must_be(domain.site, operation, CHANGEABLE, "given other domains")
    if operation.status != Operation.Status.WAITING and not rewrite and {**(now := state_of(domain)), **changes} == now:
        raise WrongState(f"{domain} is like that already; nothing is left to do.")
    return operation


# 3. Domain Removal

REMOVE = Flow(
    "domain.delete",
    seed="Domain Lifecycle / 3. Domain Removal",
    in_request=(),
    steps=(
        CheckState(CHANGEABLE, "given other domains"),
        MarkRemoving(),
        line(1, RegenerateCaddyfile()),
        line(2, LoadFront()),
        DropPairs(),
        line(3, DeleteDomain()),
    ),
    records=ChangedDomain(),
)


@lifecycle("domain.delete")
def remove_domain(ask: Ask, domain: Domain, *, primary: str = "", last: bool = False) -> Operation:
    """Serve the name no more and forget it.

    *primary*: which becomes the primary one after it. *last*: it may be the site's last, which nobody then reaches.
    """
    require(ask, SCOPE, OPERATE, domain.site)
    heir = heir_of(domain, primary)
    operation = _enqueue(REMOVE, ask, domain, heir_id=heir and heir.pk, last=last)
    must_be(domain.site, operation, CHANGEABLE, "given other domains")
    if reason := stands_against_removal(domain, heir, last):
        raise Invalid("last", reason)
    return operation


# What the seed has no list for

VERIFY = Flow(
    "domain.verify",
    title="Domain Check",
    steps=(LookUpDns(), SeeCertificate()),
)


@lifecycle("domain.verify")
def verify_domain(ask: Ask, domain: Domain) -> Operation:
    """Look up where the name leads and which certificate is shown for it, now."""
    require(ask, SCOPE, OPERATE, domain.site)
    operation = _enqueue(VERIFY, ask, domain)
    must_be(domain.site, operation, CHANGEABLE, "looked at")
    return operation


def _enqueue(flow: Flow, ask: Ask, domain: Domain, **params: Any) -> Operation:
    site, known = domain.site, {"domain_id": domain.pk}
    return enqueue(flow, site, site.server, ask, params={**known, **params}, resources=[f"site:{site.pk}"])
