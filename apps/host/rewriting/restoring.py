"""The way back: every row as it was kept, or rewritten the other way where somebody has changed it since."""

from __future__ import annotations

from collections.abc import Sequence

from apps.host.crash import CrashPoint
from apps.host.rewriting import statements
from apps.host.rewriting.addresses import Addresses
from apps.host.rewriting.portions import pages, portions
from apps.host.rewriting.session import Session
from apps.host.rewriting.statements import Key
from apps.host.rewriting.tables import Table
from apps.host.rewriting.values import rewrite

RESTORED = CrashPoint("rewriting.rows-restored")


class Restoring:
    def __init__(self, session: Session, addresses: Addresses) -> None:
        self.session, self.addresses = session, addresses

    def table(self, table: Table, beside: str) -> None:
        old = Table(beside, table.key, table.texts, (), (), transactional=True)
        for page in pages(self.session, old, ()):
            for keys in portions(page):
                self._portion(table, old, keys)

    def _portion(self, table: Table, old: Table, keys: Sequence[Key]) -> None:
        before = statements.read(self.session, old, old.changeable, keys)
        present = statements.read(self.session, table, table.changeable, keys, lock=True)
        for key, row in present.items():
            pairs = zip(table.changeable, before[key], row, strict=True)
            back = {name: self._back(was, now) for name, was, now in pairs if was is not None and now is not None}
            new = {name: value for name, value in back.items() if value is not None}
            if new:
                statements.write(self.session, table, key, new)
        self.session.commit()
        RESTORED()

    def _back(self, was: bytes, now: bytes) -> bytes | None:
        """What a value becomes: as it was, where it is what was made of that; None where nothing is to be done."""
        if now == was:
            return None
        if rewrite(was, self.addresses).value == now:
            return was
        return rewrite(now, self.addresses.reverse).value
