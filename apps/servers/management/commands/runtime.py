"""``./panel runtime …``"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from apps.operations.management.asker import ask_of, user_of
from apps.operations.management.base import NounCommand, Verb
from apps.operations.management.output import show_many, show_one
from apps.servers.runtimes import create_runtime, visible_to
from apps.servers.shapes import RuntimeShape, in_full, shown

COLUMNS = ("id", "name", "server", "php_version", "version", "thread_safe", "sites", "path")


class List(Verb):
    name = "list"
    help = "List the FrankenPHPs that sites can run on."
    example = "./panel runtime list --format json"

    def run(self, options: Namespace) -> None:
        found = in_full(visible_to(user_of(options)))
        show_many(options, [RuntimeShape(one).data for one in found], COLUMNS)


class Create(Verb):
    name = "create"
    help = "Register a FrankenPHP that is installed here. The panel starts it first, and asks it what it is."
    example = "./panel runtime create php-8.4 --path /opt/php-8.4/frankenphp"

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME", help="a-z, 0-9, - and .")
        parser.add_argument("--path", required=True, help="the program: an absolute path that all users can reach")

    def run(self, options: Namespace) -> None:
        show_one(options, shown(create_runtime(ask_of(options), options.name, options.path)).data)


class Command(NounCommand):
    help = "Runtimes: the FrankenPHPs that sites run on."
    verbs = (List, Create)
