"""What can be asked for of a site's domains, at every door."""

from __future__ import annotations

from apps.domains.changes import state_of, written
from apps.domains.models import Domain
from apps.domains.removing import others_of
from apps.domains.shapes import DomainShape
from apps.domains.visible import visible_to
from apps.lifecycle.domain import CHANGEABLE, SCOPE, add_domain, remove_domain, update_domain, verify_domain
from apps.lifecycle.requests import OPERATE, allowed
from apps.operations.doors.table import Act, Field, Noun
from apps.sites.models import Site


def _changeable(subject: Site | Domain) -> bool:
    site = subject.site if isinstance(subject, Domain) else subject
    return site.status in CHANGEABLE


def _heirs(domain: Domain) -> list[tuple[str, str]]:
    """Which may become the primary one when *domain* goes."""
    others = [(one.host, one.host) for one in others_of(domain)] if domain.primary else []
    return others or [("", "None has to follow it")]


HOST = Field("host", "A host name, such as shop.example.com. Its DNS should point to this server.", label="Domain")
LEADS = Field("redirects", "Whoever comes by this name is sent to the primary one.", "flag", required=False)
UPDATE_FIELDS = (
    Field(
        "primary",
        "The site's own address: links and the other names lead to it.",
        "flag",
        required=False,
        label="Primary",
        initial=lambda domain: domain.primary,
    ),
    Field(
        "rewrite",
        "Change the address in the site's database too, wherever it stands there: WordPress needs that.",
        "flag",
        required=False,
        label="Rewrite addresses in the database",
    ),
    Field(
        "redirects",
        LEADS.help,
        "flag",
        required=False,
        label="Redirects to the primary domain",
        initial=lambda domain: domain.redirects,
    ),
    Field(
        "tls",
        "Who certifies the name: internal, managed, custom.",
        required=False,
        label="TLS",
        choices=lambda domain: list(Domain.Tls.choices),
        initial=lambda domain: domain.tls,
    ),
    Field(
        "certificate",
        "A certificate of your own, in PEM form: the name's first, then those that it was signed with.",
        "lines",
        required=False,
    ),
    Field("private_key", "Its private key, in PEM form; shown to nobody again.", "secret-lines", required=False),
    Field(
        "path_redirects",
        "One a line: a path, where it leads, and 302, 307 or 308 if not 301. /old/* is all below /old/.",
        "lines",
        required=False,
        label="Path redirects",
        initial=lambda domain: written(state_of(domain)["paths"]),
    ),
)
DELETE_FIELDS = (
    Field(
        "primary",
        "Which becomes the primary one after it.",
        required=False,
        label="Primary afterwards",
        choices=_heirs,
    ),
    Field(
        "last",
        "Without a domain nobody reaches the site.",
        "flag",
        required=False,
        label="It may be the site's last one",
    ),
)

DOMAIN = Noun(
    name="domain",
    label="Domains",
    key="host",
    columns=("id", "host", "site", "primary", "redirects", "tls", "dns"),
    shape=DomainShape,
    visible_to=visible_to,
    site_of=lambda domain: domain.site,
    allowed=allowed,
    parent="site",
    acts=(
        Act(
            "create",
            add_domain,
            SCOPE,
            OPERATE,
            "Add domain",
            "Let a further host name lead to a site. It gets a certificate by itself once its DNS points here.",
            "./panel domain create rose-sons www.rose.localhost",
            fields=(HOST, LEADS),
            offered=_changeable,
            creates=True,
        ),
        Act(
            "verify",
            verify_domain,
            SCOPE,
            OPERATE,
            "Check now",
            "Look up where the name leads, and which certificate is shown for it.",
            "./panel domain verify www.rose.localhost",
        ),
        Act(
            "update",
            update_domain,
            SCOPE,
            OPERATE,
            "Change",
            "Make a domain the primary one, let it lead there, say who certifies it, and redirect single paths.",
            "./panel domain update www.rose.localhost --primary",
            fields=UPDATE_FIELDS,
            offered=_changeable,
        ),
        Act(
            "delete",
            remove_domain,
            SCOPE,
            OPERATE,
            "Remove",
            "Serve a domain no more, and forget it. The site keeps its other names.",
            "./panel domain delete www.rose.localhost --yes",
            fields=DELETE_FIELDS,
            offered=_changeable,
            confirm=True,
        ),
    ),
)
