"""Where sealed texts stand in the records: each app registers its own, so that a new key can take the old one's place.

A text that a server's vault has sealed begins with Fernet's mark; in a JSON field any text in it may be one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import JSONField, Model, QuerySet

from apps.servers.models import Server

MARK = "gAAAAA"
Seal = Callable[[str], str]


@dataclass(frozen=True)
class Column:
    """A *field* of *model* with sealed texts. *server* is the way from a row to whose vault has sealed them.

    *told* is what a person calls them.
    """

    model: type[Model]
    field: str
    server: str
    told: str

    def __str__(self) -> str:
        return f"{self.model._meta.label}.{self.field}"

    def rows(self, server: Server) -> QuerySet[Any]:
        rows = self.model._default_manager.filter(**{self.server: server}).order_by("pk")
        if isinstance(self.model._meta.get_field(self.field), JSONField):
            return rows.exclude(**{self.field: {}})
        return rows.exclude(**{self.field: ""})

    def replace(self, row: Any, value: Any) -> bool:
        """Write *value* in place of what was read, unless somebody has written there meanwhile."""
        unchanged = {"pk": row.pk, self.field: getattr(row, self.field)}
        return bool(self.model._default_manager.filter(**unchanged).update(**{self.field: value}))


COLUMNS: list[Column] = []


def register(model: type[Model], *fields: str, server: str, told: str) -> None:
    COLUMNS.extend(Column(model, field, server, told) for field in fields)


def sealed_rows(server: Server) -> Iterator[tuple[Column, Any, Any]]:
    """``(column, row, value)`` of everything that *server* has sealed."""
    for column in COLUMNS:
        for row in column.rows(server).iterator():
            value = getattr(row, column.field)
            if any(texts(value)):
                yield column, row, value


def texts(value: Any) -> Iterator[str]:
    """The sealed texts in *value*."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, str) and value.startswith(MARK):
        yield value


def resealed(value: Any, seal: Seal) -> Any:
    """*value* with *seal* done to each sealed text in it."""
    if isinstance(value, dict):
        return {key: resealed(inner, seal) for key, inner in value.items()}
    if isinstance(value, list):
        return [resealed(inner, seal) for inner in value]
    return seal(value) if isinstance(value, str) and value.startswith(MARK) else value
