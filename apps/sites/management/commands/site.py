"""``./panel site …``"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import replace
from typing import Any

from apps.lifecycle.site import create_site
from apps.operations import credentials
from apps.operations.asking import Ask
from apps.operations.doors.command import act_verb, add_status, add_ways, looking_verbs
from apps.operations.management.asker import ask_of, user_of
from apps.operations.management.base import NounCommand, Usage, Verb
from apps.operations.management.following import failure_of, follow, shall_wait
from apps.operations.management.output import complain, show_many, show_one
from apps.operations.management.passwords import CredentialsFile, add_file
from apps.operations.models import Operation
from apps.operations.shapes import PlanShape
from apps.sites.acts import SITE
from apps.sites.kinds import KINDS
from apps.sites.shapes import SiteShape, accepted


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
        add_ways(parser)
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
            show_one(options, SiteShape(SITE.of(operation, user_of(options))).data)
            if credentials.has_some(operation):
                _tell(file, ask, operation)
        return None


class List(Verb):
    name = "list"
    help = "List the sites; deleted ones with --status deleted."
    example = "./panel site list --status active --format json"

    def arguments(self, parser: ArgumentParser) -> None:
        add_status(parser, SITE)
        parser.add_argument("--kind", help="only these")

    def run(self, options: Namespace) -> None:
        sites = SITE.listed(SITE.visible_to(user_of(options)), options.status)
        sites = sites.filter(kind=options.kind) if options.kind else sites
        show_many(options, [SiteShape(site).data for site in sites], SITE.columns)


class Show(Verb):
    name = "show"
    help = "Show one site."
    example = "./panel site show rose-sons"

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("site", metavar="SLUG", help="the site's slug, or its id")

    def run(self, options: Namespace) -> None:
        show_one(options, SiteShape(SITE.find(user_of(options), options.site)).data)


class Command(NounCommand):
    help = "Sites: create, list, show, and every act of their lifecycle."
    verbs = (Create, List, Show, *(act_verb(SITE, act) for act in SITE.acts), *looking_verbs(SITE))


def _tell(file: CredentialsFile, ask: Ask, operation: Operation) -> None:
    if file.is_possible:
        file.keep(ask, operation)
    else:
        complain(f"The first password is kept for a day: ./panel operation reveal {operation.pk} --credentials-file F")
