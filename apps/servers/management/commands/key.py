"""``./panel key …``"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import replace

from django.conf import settings

from apps.lifecycle.key_rotation import rotate_key
from apps.operations.doors.command import add_ways
from apps.operations.management.asker import ask_of
from apps.operations.management.base import NounCommand, Verb
from apps.operations.management.following import failure_of, follow, shall_wait
from apps.operations.management.output import complain, show_one
from apps.operations.models import Operation
from apps.operations.refusals import Missing
from apps.operations.shapes import OperationShape, PlanShape
from apps.servers.models import Server


class Rotate(Verb):
    name = "rotate"
    help = "Give a server a new key for what it keeps sealed: all is sealed anew, then the old key goes."
    example = "./panel key rotate"

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("server", nargs="?", default=settings.SERVER, help="its name; this machine's by itself")
        add_ways(parser)

    def run(self, options: Namespace) -> int | None:
        server = Server.objects.filter(name=options.server).first()
        if server is None:
            names = ", ".join(Server.objects.order_by("name").values_list("name", flat=True))
            there = f"there is {names}" if names else "./panel up registers this one"
            raise Missing(f"There is no server {options.server[:60]}; {there}.")
        ask = ask_of(options, action="key.rotate", server=server.pk)
        if options.dry_run:
            show_one(options, PlanShape(rotate_key.plan(replace(ask, key=""), server)).data)
            return None
        operation = rotate_key(ask, server)
        if shall_wait(options):
            operation = follow(operation)
        show_one(options, OperationShape(operation).data)
        if shall_wait(options) and operation.status != Operation.Status.DONE:
            complain(failure_of(operation))
            return 1
        return None


class Command(NounCommand):
    help = "Keys: what a server seals its secrets with."
    verbs = (Rotate,)
