"""What is in a backup, in words for a person who is about to restore it."""

from __future__ import annotations

from collections.abc import Iterator

from django.template.defaultfilters import date, filesizeformat
from django.utils.timezone import localtime

from apps.backups.models import Backup


def inside(backup: Backup) -> Iterator[str]:
    """A sentence each: when it was made, its files, its databases."""
    size = f", {filesizeformat(backup.bytes)} packed" if backup.bytes else ""
    yield f"{backup.get_reason_display()}, {date(localtime(backup.created_at), 'j M Y, H:i T')}{size}."
    if backup.has_files and (count := backup.facts.get("files")):
        yield f"{count:,} files of the site {backup.slug}."
    for one in backup.facts.get("databases", []):
        yield f"The database {told_of(one)}."


def databases_in(backup: Backup) -> list[tuple[str, str]]:
    """As the choices of a field."""
    saved = [(str(one["name"]), told_of(one)) for one in backup.facts.get("databases", [])]
    return [("", "—"), *saved]


def told_of(database: dict[str, object]) -> str:
    name, tables, size = (database.get(key) for key in ("name", "tables", "bytes"))
    counted = f"{tables} table{'' if tables == 1 else 's'}"
    return f"{name}: {counted}, {filesizeformat(size)}" if isinstance(size, int) else f"{name}: {counted}"
