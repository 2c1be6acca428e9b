"""Another address in all texts of a database, row by row, as the database's own account.

Each row is kept as it was in a table beside (``frankenpanel_rewriting_<number>_<n>``), in the transaction that changes
it. So a crash between two transactions loses nothing, a second run carries on, and the way back is exact wherever
nobody has changed the row since; what somebody has is rewritten the other way. The tables go when they are forgotten.
"""

from __future__ import annotations

from collections.abc import Collection

from apps.host.crash import CrashPoint
from apps.host.mysql_login import Login
from apps.host.rewriting import statements
from apps.host.rewriting.addresses import Addresses
from apps.host.rewriting.passes import Changing, Counting, Told
from apps.host.rewriting.report import Report
from apps.host.rewriting.restoring import Restoring
from apps.host.rewriting.session import Session, opened
from apps.host.rewriting.tables import kept_of, tables_of

FORGOTTEN = CrashPoint("rewriting.table-beside-dropped")


def silent(done: int, total: int) -> None:
    """Nobody wants to know."""


class Rewriting:
    """*leave* are the names of columns that keep their addresses. *told* gets rows done and in all, and may raise."""

    def __init__(self, login: Login, addresses: Addresses, leave: Collection[str] = ()) -> None:
        self.login = login
        self.addresses = addresses
        self.leave = leave

    @property
    def reverse(self) -> Rewriting:
        """The other way, for when nothing is kept any more."""
        return Rewriting(self.login, self.addresses.reverse, self.leave)

    def count(self, told: Told = silent) -> Report:
        """What ``rewrite`` would do. Changes and locks nothing."""
        with opened(self.login) as session:
            return Counting(session, self.addresses, told).over(tables_of(session, self.leave))

    def rewrite(self, number: int, told: Told = silent) -> Report:
        """Replace the addresses. *number* names the tables beside. A second time it does what is left to do."""
        with opened(self.login) as session:
            return Changing(session, self.addresses, told, number).over(tables_of(session, self.leave))

    def restore(self, number: int) -> None:
        """Take back what ``rewrite`` did under *number*, also one that stopped half way. Nothing kept is no error."""
        with opened(self.login) as session:
            tables = {table.name: table for table in tables_of(session, self.leave)}
            for name, beside in kept_of(session, number).items():
                if name in tables:
                    Restoring(session, self.addresses).table(tables[name], beside)
                _drop(session, beside)

    def forget(self, number: int) -> None:
        """Remove the tables beside: from now on there is no way back. None being there is no error."""
        with opened(self.login) as session:
            for beside in kept_of(session, number).values():
                _drop(session, beside)


def _drop(session: Session, beside: str) -> None:
    session.raw(f"DROP TABLE IF EXISTS {statements.name(beside)}")
    FORGOTTEN()
