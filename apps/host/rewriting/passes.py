"""One pass over all tables of a database: to count the addresses, or to change them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import MySQLdb

from apps.host.crash import CrashPoint
from apps.host.rewriting import statements
from apps.host.rewriting.addresses import Addresses
from apps.host.rewriting.portions import pages, portions
from apps.host.rewriting.report import Report
from apps.host.rewriting.session import Row, Session
from apps.host.rewriting.statements import Key
from apps.host.rewriting.tables import OURS, Table, kept_of
from apps.host.rewriting.values import rewrite

MADE = CrashPoint("rewriting.table-beside-made")
KEPT = CrashPoint("rewriting.rows-kept")
CHANGED = CrashPoint("rewriting.rows-changed")
LONGEST = 16 << 20
"""Bytes of a row's texts: a longer one is left alone."""
DOES_NOT_FIT = {1062: "would be there twice", 1265: "does not fit", 1366: "does not fit", 1406: "does not fit"}
DOES_NOT_FIT |= {1644: "is refused by a trigger", 4025: "is refused by a rule of the table"}
Told = Callable[[int, int], None]


class Counting:
    """Goes over all tables and counts."""

    def __init__(self, session: Session, addresses: Addresses, told: Told) -> None:
        self.session, self.addresses, self.told = session, addresses, told
        self.report = Report()
        self.done = self.total = 0

    def over(self, tables: list[Table]) -> Report:
        known = [table for table in tables if table.key and table.changeable]
        rows = {table.name: self._rows(table, table.changeable) for table in known}
        self.total = sum(rows.values())
        for table in known:
            if rows[table.name]:
                self._table(table)
        for table in tables:
            self._leave_alone(table)
        return self.report

    def _rows(self, table: Table, columns: Sequence[str]) -> int:
        return statements.count(self.session, table, columns, self.addresses.likes)

    def _leave_alone(self, table: Table) -> None:
        """Count what cannot be changed: rows that nothing tells apart, what rows are known by, and binary data."""
        texts = tuple(name for name in table.texts if not table.key or name not in table.changeable)
        why = f"{table.name}: a row is known by it" if table.key else f"{table.name}: nothing tells its rows apart"
        for columns, sentence in ((texts, f"{why}."), (table.binary, f"{table.name}: it stands in binary data.")):
            if rows := self._rows(table, columns):
                self.report.left[sentence] += rows

    def _table(self, table: Table) -> None:
        for page in pages(self.session, table, self.addresses.likes):
            short = [(key, size) for key, size in page if size <= LONGEST]
            if len(short) < len(page):
                self.report.left[f"{table.name}: a row has more than {LONGEST >> 20} MB."] += len(page) - len(short)
            for keys in portions(short):
                self.told(self.done, self.total)
                self._portion(table, keys)
                self.done += len(keys)
        self.told(self.done, self.total)

    def _portion(self, table: Table, keys: Sequence[Key]) -> None:
        for row in statements.read(self.session, table, table.changeable, keys).values():
            self._changes(table, row)

    def _changes(self, table: Table, row: Row) -> tuple[dict[str, bytes], int]:
        """The columns of *row* that are to be others, and how many places that is."""
        texts = zip(table.changeable, row, strict=True)
        found = {name: rewrite(value, self.addresses) for name, value in texts if value}
        for one in found.values():
            self.report.places[table.name] += one.places
            self.report.left.update(f"{table.name}: {sentence}" for sentence in one.left)
        changed = {name: one.value for name, one in found.items() if one.places}
        return changed, sum(one.places for one in found.values())


class Changing(Counting):
    """Goes over all tables and changes."""

    def __init__(self, session: Session, addresses: Addresses, told: Told, number: int) -> None:
        super().__init__(session, addresses, told)
        self.number = number
        self.beside = kept_of(session, number)

    def _table(self, table: Table) -> None:
        if table.name not in self.beside:
            self.beside[table.name] = f"{OURS}{self.number}_{len(self.beside) + 1}"
            statements.make_like(self.session, table, self.beside[table.name])
            MADE()
        super()._table(table)

    def _portion(self, table: Table, keys: Sequence[Key]) -> None:
        rows = statements.read(self.session, table, table.changeable, keys, lock=True)
        changes = {key: self._changes(table, row) for key, row in rows.items()}
        wanted = {key: change for key, change in changes.items() if change[0]}
        if wanted:
            self._keep(table, list(wanted))
        for key, (new, places) in wanted.items():
            self._write(table, key, new, places)
        self.session.commit()
        CHANGED()

    def _keep(self, table: Table, keys: Sequence[Key]) -> None:
        statements.keep(self.session, table, self.beside[table.name], keys)
        if not table.transactional:
            self.session.commit()  # what it changes next is changed at once
        KEPT()

    def _write(self, table: Table, key: Key, new: dict[str, bytes], places: int) -> None:
        try:
            statements.write(self.session, table, key, new)
        except MySQLdb.Error as error:
            if error.args[0] not in DOES_NOT_FIT:
                raise
            self.report.places[table.name] -= places
            self.report.left[f"{table.name}: the new address {DOES_NOT_FIT[error.args[0]]}."] += 1
