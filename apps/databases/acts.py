"""What can be asked for of a site's databases, at every door."""

from __future__ import annotations

from collections.abc import Callable

from apps.browser.looks import browse
from apps.browser.standing import BROWSE
from apps.databases.looks import REVEAL, reveal
from apps.databases.models import Database
from apps.databases.shapes import DatabaseShape
from apps.databases.visible import listed, visible_to
from apps.lifecycle.database import USABLE, create_database
from apps.lifecycle.database_deletion import delete_database, purge_database, undelete_database
from apps.lifecycle.database_dumps import export_database, import_database
from apps.lifecycle.database_rotation import rotate_database
from apps.lifecycle.requests import CHANGE, allowed
from apps.operations.doors.table import Act, Field, Look, Noun


def _is(state: Database.Status) -> Callable[[Database], bool]:
    """Whether a database is in that state, on a site that takes changes."""
    return lambda database: database.status == state and database.site.status in USABLE


Status = Database.Status
LABEL = Field("label", "What it is for, in your words: shop, statistics …", required=False)
FORCE = Field("force", "Also where the site's configuration uses it.", "flag", required=False, label="Force")
PATH = Field("path", "The dump, .sql or .sql.gz, in the site's private folder: dumps/shop.sql.gz.", required=False)
KEEP = Field("keep", "First export what it holds now.", "flag", required=False, initial=lambda database: True)

DATABASE = Noun(
    name="database",
    label="Databases",
    key="name",
    columns=("id", "name", "site", "label", "status", "bytes", "tables", "created_at"),
    shape=DatabaseShape,
    visible_to=visible_to,
    site_of=lambda database: database.site,
    allowed=allowed,
    parent="site",
    statuses=tuple(Status.values),
    listed=listed,
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
        Act(
            "rotate",
            rotate_database,
            "database:change",
            CHANGE,
            "New password",
            "Give a database a new password, and put it into the site's configuration. Visitors notice nothing.",
            "./panel database rotate fp_rose_k3v9xa",
            offered=_is(Status.ACTIVE),
        ),
        Act(
            "export",
            export_database,
            "database:export",
            CHANGE,
            "Export",
            "Dump a database to a file in its site's private/exports. The newest ones are kept for a week.",
            "./panel database export fp_rose_k3v9xa --to rose.sql.gz",
            offered=_is(Status.ACTIVE),
        ),
        Act(
            "import",
            import_database,
            "database:import",
            CHANGE,
            "Import",
            "Put a dump in the place of all that a database holds; what it held is exported before.",
            "./panel database import fp_rose_k3v9xa rose.sql.gz",
            fields=(PATH, KEEP),
            offered=_is(Status.ACTIVE),
        ),
        Act(
            "delete",
            delete_database,
            "database:delete",
            CHANGE,
            "Delete",
            "Shut a database and keep it for the undo window; then it is dropped.",
            "./panel database delete fp_rose_k3v9xa",
            fields=(FORCE,),
            offered=_is(Status.ACTIVE),
            confirm=True,
        ),
        Act(
            "undelete",
            undelete_database,
            "database:delete",
            CHANGE,
            "Take back",
            "Open a deleted database again, with its data and the password that it had.",
            "./panel database undelete fp_rose_k3v9xa",
            offered=_is(Status.DELETED),
        ),
        Act(
            "purge",
            purge_database,
            "database:delete",
            CHANGE,
            "Drop now",
            "Drop a deleted database before its time, with its account. Nothing brings it back.",
            "./panel database purge fp_rose_k3v9xa",
            offered=lambda database: database.status == Status.DELETED,
            confirm=True,
        ),
    ),
    looks=(
        Look(
            "reveal",
            reveal,
            REVEAL,
            CHANGE,
            "Show password",
            "Show how to log in to a database: account, password and socket. It is written down who read it.",
            "./panel database reveal fp_rose_k3v9xa --credentials-file rose.txt",
            told_once=True,
        ),
        Look(
            "browse",
            browse,
            BROWSE,
            CHANGE,
            "Browse",
            "Open a database with Adminer, logged in. The link is good once, for a minute, where you are signed in.",
            "./panel database browse fp_rose_k3v9xa --as rose",
            told_once=True,
            opens="link",
        ),
    ),
)
