"""Database Lifecycle / 2. Database Password Rotation."""

from __future__ import annotations

from apps.databases.models import Database
from apps.databases.standing import Standing
from apps.databases.steps.rotation import (
    LetBothPasswordsIn,
    LetNewPasswordInAlone,
    SealNewPassword,
    StoreNewPassword,
    forget_old_password,
)
from apps.databases.steps.rotation_config import TryNewPassword, WriteNewPassword
from apps.databases.steps.state import CheckDatabase
from apps.lifecycle.database import USABLE, change_database
from apps.operations.asking import Ask
from apps.operations.entry import lifecycle
from apps.operations.flow import Flow, Records, line
from apps.operations.models import Operation
from apps.operations.run import Run

ROTATABLE = Standing(Database.Status.ACTIVE, "given a new password", USABLE)


class OnePassword(Records):
    """Whichever way it ended, there is one password again."""

    def finish(self, run: Run) -> None:
        forget_old_password(run)

    def undo(self, run: Run) -> None:
        forget_old_password(run)


ROTATE = Flow(
    "database.rotate",
    seed="Database Lifecycle / 2. Database Password Rotation",
    in_request=(),
    steps=(
        CheckDatabase(ROTATABLE),
        line(1, SealNewPassword()),
        line((2, 3), LetBothPasswordsIn()),
        line((4, 5), StoreNewPassword()),
        line(6, WriteNewPassword()),
        TryNewPassword(),
        LetNewPasswordInAlone(),
    ),
    records=OnePassword(),
    no_return=LetNewPasswordInAlone.key,
)


@lifecycle("database.rotate")
def rotate_database(ask: Ask, database: Database) -> Operation:
    """Give *database* a new password, and the site's configuration too where it uses it. No request fails of it."""
    return change_database(ROTATE, ask, database, "database:change", ROTATABLE)
