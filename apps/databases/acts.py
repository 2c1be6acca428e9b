"""What can be asked for of a site's databases, at every door."""

from __future__ import annotations

from apps.databases.models import Database
from apps.databases.shapes import DatabaseShape
from apps.databases.visible import visible_to
from apps.lifecycle.database import USABLE, create_database
from apps.lifecycle.requests import CHANGE, may
from apps.operations.asking import Ask
from apps.operations.doors.table import Act, Field, Look, Noun
from apps.sites.models import Site


def _allowed(ask: Ask, act: Act | Look, subject: Site | Database) -> bool:
    return may(ask, act.scope, act.permission, subject.site if isinstance(subject, Database) else subject)


LABEL = Field("label", "What it is for, in your words: shop, statistics …", required=False)

DATABASE = Noun(
    name="database",
    label="Databases",
    key="name",
    columns=("id", "name", "site", "label", "status", "created_at"),
    shape=DatabaseShape,
    visible_to=visible_to,
    site_of=lambda database: database.site,
    allowed=_allowed,
    parent="site",
    acts=(
        Act(
            "create",
            create_database,
            "database:create",
            CHANGE,
            "Create database",
            "Create a further MySQL database for a site, with an account of its own that may use it alone.",
            "./panel database create rose-sons --label statistics",
            fields=(LABEL,),
            offered=lambda site: site.status in USABLE,
            creates=True,
        ),
    ),
)
