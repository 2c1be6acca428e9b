"""``./panel site …``"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import replace
from typing import Any

from apps.lifecycle.runtime import switch_runtime
from apps.lifecycle.site import create_site
from apps.operations import credentials
from apps.operations.asking import Ask
from apps.operations.management.asker import ask_of, user_of
from apps.operations.management.base import NounCommand, Usage, Verb
from apps.operations.management.following import add_wait, failure_of, follow, shall_wait
from apps.operations.management.output import complain, show_many, show_one
from apps.operations.management.passwords import CredentialsFile, add_file
from apps.operations.models import Operation
from apps.operations.refusals import Missing
from apps.operations.shapes import PlanShape
from apps.sites import visible
from apps.sites.kinds import KINDS
from apps.sites.models import Site
from apps.sites.shapes import SiteShape, accepted, in_full

LONGEST_ID = 18


class Create(Verb):
    name = "create"
    help = "Create a site. A NAME that begins with a hyphen goes last, after --."
    example = "./panel site create 'Rose & Sons' --kind wordpress --domain rose.localhost"

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("site", metavar="NAME", help="as people write it; the slug is made from it")
        parser.add_argument("--kind", required=True, help=", ".join(sorted(KINDS)))
        parser.add_argument("--domain", required=True, help="the host name that becomes the primary one")
        parser.add_argument("--database", action="store_true", help="with a MySQL database, where the kind has none")
        parser.add_argument("--runtime", metavar="R", default="", help="the FrankenPHP: ./panel runtime list")
        _add_ways(parser)
        add_file(parser)

    def run(self, options: Namespace) -> int | None:
        asked = {"name": options.site, "kind": options.kind, "domain": options.domain, "database": options.database}
        asked["runtime"] = options.runtime
        ask = ask_of(options, action="site.create", **asked)
        if options.dry_run:
            plan = create_site.plan(replace(ask, key=""), **asked)
            show_one(options, PlanShape(plan).data)
            return None
        if options.credentials_file and options.wait is False:
            raise Usage("--credentials-file is filled at the end; leave --no-wait out.")
        if not shall_wait(options) and not options.credentials_file:
            show_one(options, accepted(create_site(ask, **asked)))
            return None
        return self._to_the_end(options, ask, asked)

    def _to_the_end(self, options: Namespace, ask: Ask, asked: dict[str, Any]) -> int | None:
        with CredentialsFile(options) as file:
            operation = follow(create_site(ask, **asked))
            if operation.status != Operation.Status.DONE:
                complain(failure_of(operation))
                return 1
            show_one(options, SiteShape(_site(options, str(operation.subject_id), by_id=True)).data)
            if credentials.has_some(operation):
                _tell(file, ask, operation)
        return None


class List(Verb):
    name = "list"
    help = "List the sites."
    example = "./panel site list --status active --format json"

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--status", choices=Site.Status.values, help="only these")
        parser.add_argument("--kind", help="only these")

    def run(self, options: Namespace) -> None:
        sites = in_full(visible.visible_to(user_of(options)))
        wanted = {"status": options.status, "kind": options.kind}
        sites = sites.filter(**{name: value for name, value in wanted.items() if value})
        columns = ("id", "slug", "name", "kind", "status", "port", "url")
        show_many(options, [SiteShape(site).data for site in sites], columns)


class Show(Verb):
    name = "show"
    help = "Show one site."
    example = "./panel site show rose-sons"

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("site", metavar="SLUG", help="the site's slug, or its id")

    def run(self, options: Namespace) -> None:
        show_one(options, SiteShape(_site(options, options.site)).data)


class Runtime(Verb):
    name = "runtime"
    help = "Let a site run on another FrankenPHP. It goes back by itself if the site does not answer there."
    example = "./panel site runtime rose-sons php-8.4"

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("site", metavar="SLUG", help="the site's slug, or its id")
        parser.add_argument("runtime", metavar="NAME", help="one of ./panel runtime list")
        _add_ways(parser)

    def run(self, options: Namespace) -> int | None:
        site = _site(options, options.site)
        ask = ask_of(options, action="site.switch-runtime", site=site.pk, runtime=options.runtime)
        if options.dry_run:
            show_one(options, PlanShape(switch_runtime.plan(replace(ask, key=""), site, options.runtime)).data)
            return None
        operation = switch_runtime(ask, site, options.runtime)
        if not shall_wait(options):
            show_one(options, accepted(operation))
            return None
        return self._to_the_end(options, operation)

    def _to_the_end(self, options: Namespace, operation: Operation) -> int | None:
        ended = follow(operation)
        if ended.status != Operation.Status.DONE:
            complain(failure_of(ended))
            return 1
        show_one(options, SiteShape(_site(options, str(ended.subject_id), by_id=True)).data)
        return None


class Command(NounCommand):
    help = "Sites: create, list, show, move to another runtime."
    verbs = (Create, List, Show, Runtime)


def _add_ways(parser: ArgumentParser) -> None:
    """How an operation may be asked for."""
    parser.add_argument("--dry-run", action="store_true", help="say what would happen, and do nothing")
    parser.add_argument("--queue", action="store_true", help="wait in line where something is being changed")
    parser.add_argument("--idempotency-key", metavar="K", help="the same key again gives the same operation")
    add_wait(parser)


def _tell(file: CredentialsFile, ask: Ask, operation: Operation) -> None:
    if file.is_possible:
        file.keep(ask, operation)
    else:
        complain(
            f"The first password is kept for a day: ./panel operation reveal {operation.pk} --credentials-file F"
        )


def _site(options: Namespace, text: str, *, by_id: bool = False) -> Site:
    """The site of that slug, else of that id, among those that the user may see."""
    sites = in_full(visible.visible_to(user_of(options)))
    found = None if by_id else sites.filter(slug=text).first()
    if found is None and text.isascii() and text.isdigit() and len(text) <= LONGEST_ID:
        found = sites.filter(pk=int(text)).first()
    if found is None:
        raise Missing(f"There is no site {text[:60]}; ./panel site list shows those there are.")
    return found


