"""What is in a backup, in words for a person who is about to restore it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

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
    yield from found_in(backup)


def found_in(backup: Backup) -> Iterator[str]:
    """What was found in one that came from elsewhere, in a sentence each."""
    report = backup.facts.get("report")
    if not report:
        return
    version, php = (f" {report['version']}" if report["version"] else ""), report["php"]
    yield f"{report['label']}{version}{f', for PHP {php}' if php else ''}{_where(report)}."
    if report["addresses"]:
        yield f"Its addresses were {', '.join(report['addresses'])}."
    if report["prefix"]:
        yield f"Its tables begin with {report['prefix']}."
    for one in report["left_out"]:
        entries = "entry" if one["entries"] == 1 else "entries"
        yield f"Left out, for they are no part of the site: {one['entries']} {entries} in {one['folder']}."
    if rules := len(report["unread"]):
        yield f"{rules} rule{'' if rules == 1 else 's'} of .htaccess files do nothing here; set what you need instead."


def _where(report: dict[str, Any]) -> str:
    return f", in {report['root']}" if report["root"] else ""


def databases_in(backup: Backup) -> list[tuple[str, str]]:
    """As the choices of a field."""
    saved = [(str(one["name"]), told_of(one)) for one in backup.facts.get("databases", [])]
    return [("", "—"), *saved]


def told_of(database: dict[str, object]) -> str:
    name, tables, size = (database.get(key) for key in ("name", "tables", "bytes"))
    counted = f"{tables} table{'' if tables == 1 else 's'}"
    return f"{name}: {counted}, {filesizeformat(size)}" if isinstance(size, int) else f"{name}: {counted}"
