"""The files of certificates that owners gave: there before Caddy reads of them, gone when nothing names them."""

from __future__ import annotations

import json

from apps.domains.models import Domain, Pair
from apps.host.errors import Refused
from apps.host.host import Host
from apps.operations.flow import Step
from apps.operations.letterbox import take_out
from apps.operations.models import Operation
from apps.operations.run import Run


class WritePair(Step):
    """The pair that came with the request, looked at once more: days may have passed while it waited in line."""

    key = "pair-write"

    def check(self, run: Run) -> None:
        from apps.domains.pairs import check_pair  # noqa: PLC0415 - 4 MB that few processes need

        if (pair := run.find(Pair)) is not None:
            try:
                check_pair(run.record(Domain).host, pair.chain, take_out(run.host, pair.sealed_key))
            except ValueError as error:
                raise Refused(str(error)) from error

    def plan(self, run: Run) -> str:
        pair = run.find(Pair)
        if pair is None:
            return "No certificate of your own came with this"
        return f"Write the certificate and its key to {run.places.pair(pair.pk)}, for the front alone to read"

    def do(self, run: Run) -> None:
        if (pair := run.find(Pair)) is not None:
            write_pair(run.host, pair)

    def undo(self, run: Run) -> None:
        if (pair := run.find(Pair)) is not None:
            run.host.files.remove(run.places.pair(pair.pk))


class DropPairs(Step):
    """Whichever pairs of the site no domain has any more. Their rows go when the operation ends."""

    key = "pair-drop"

    def plan(self, run: Run) -> str:
        return "Remove the files of certificates that no domain of the site has any more"

    def do(self, run: Run) -> None:
        dropped = run.remember("dropped", lambda: json.dumps([pair.pk for pair in unused_pairs(run)]))
        for pk in json.loads(dropped):
            run.host.files.remove(run.places.pair(pk))

    def undo(self, run: Run) -> None:
        for pair in Pair.objects.filter(pk__in=json.loads(run.memo.get("dropped", "[]"))):
            write_pair(run.host, pair)


def unused_pairs(run: Run) -> list[Pair]:
    """Those of the site that no domain has which stays, and no other request waits with."""
    site, used = run.params["site_id"], Domain.objects.filter(removing=False, pair__isnull=False).values("pair")
    others = Operation.objects.filter(subject_kind="site", subject_id=site, ended_at=None).exclude(pk=run.operation.pk)
    waiting = [params.get("pair_id") for params in others.values_list("params", flat=True)]
    unused = Pair.objects.filter(site=site).exclude(pk__in=used)
    return [pair for pair in unused if pair.pk not in waiting]


def write_pair(host: Host, pair: Pair) -> None:
    """Write its file anew from the records."""
    host.files.write_for_front(host.places.pair(pair.pk), pair.chain + take_out(host, pair.sealed_key))
