"""Where sealed texts stand in the records: each app registers its own, so that a new key can take the old one's place.

A text that a server's vault has sealed begins with Fernet's mark; in a JSON field any text in it may be one. A letter,
which a door has sealed for the server's letterbox, stands in JSON below a name that begins with ``sealed``: what
stands below others may be anybody's words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import JSONField, Model, QuerySet

from apps.servers.models import Server

MARK = "gAAAAA"
LETTER = re.compile(rf"[\w-]{{43}}= {MARK}[\w=-]+")
Seal = Callable[[str], str]


@dataclass(frozen=True)
class Column:
    """A *field* of *model* with sealed texts. *server* is the way from a row to whose vault has sealed them.

    *told* is what a person calls them. *letters*: they were sealed by doors, for the server's letterbox.
    """

    model: type[Model]
    field: str
    server: str
    told: str
    letters: bool = False

    def __str__(self) -> str:
        return f"{self.model._meta.label}.{self.field}"

    def rows(self, server: Server) -> QuerySet[Any]:
        rows = self.model._default_manager.filter(**{self.server: server}).order_by("pk")
        if isinstance(self.model._meta.get_field(self.field), JSONField):
            return rows.exclude(**{self.field: {}})
        return rows.exclude(**{self.field: ""})

    def texts(self, value: Any) -> Iterator[str]:
        """The sealed texts in *value*."""
        return (text for name, text in _texts(value, self.field) if self._is_one(name, text))

    def resealed(self, value: Any, seal: Seal) -> Any:
        """*value* with *seal* done to each sealed text in it."""
        return _changed(value, self.field, lambda name, text: seal(text) if self._is_one(name, text) else text)

    def replace(self, row: Any, value: Any) -> bool:
        """Write *value* in place of what was read, unless somebody has written there meanwhile."""
        unchanged = {"pk": row.pk, self.field: getattr(row, self.field)}
        return bool(self.model._default_manager.filter(**unchanged).update(**{self.field: value}))

    def _is_one(self, name: str, text: str) -> bool:
        if self.letters:
            return name.startswith("sealed") and LETTER.fullmatch(text) is not None
        return text.startswith(MARK)


COLUMNS: list[Column] = []


def register(model: type[Model], *fields: str, server: str, told: str, letters: bool = False) -> None:
    COLUMNS.extend(Column(model, field, server, told, letters) for field in fields)


def sealed_rows(server: Server) -> Iterator[tuple[Column, Any, Any]]:
    """``(column, row, value)`` of everything that *server* has sealed, or was sent."""
    for column in COLUMNS:
        for row in column.rows(server).iterator():
            value = getattr(row, column.field)
            if any(column.texts(value)):
                yield column, row, value


def _texts(value: Any, name: str) -> Iterator[tuple[str, str]]:
    """Each text in *value*, with the name that it stands below."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, name)
    elif isinstance(value, str):
        yield name, value


def _changed(value: Any, name: str, change: Callable[[str, str], str]) -> Any:
    if isinstance(value, dict):
        return {key: _changed(inner, key, change) for key, inner in value.items()}
    if isinstance(value, list):
        return [_changed(inner, name, change) for inner in value]
    return change(name, value) if isinstance(value, str) else value
