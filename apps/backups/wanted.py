"""What of a backup somebody wants back: checked at the door against what is in it, and written into the operation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, TypedDict

from apps.backups.models import Backup
from apps.databases.models import Database
from apps.databases.steps.scratch import SEVERAL
from apps.operations.refusals import Invalid, Missing, WrongState
from apps.sites.models import Site

FROM = "from"
"""The parameter that says which database of the archive goes into which of the site's: by the latter's id."""
TOPS = ("public", "private")
LONGEST_PATH, LONGEST_TABLE = 4000, 64


class Parts(TypedDict, total=False):
    """What may be asked for of a backup. *path*: of a file or folder; *table*: of the *database*, by its saved name."""

    files: bool
    databases: bool
    path: str
    database: str
    table: str


def tops_of(backup: Backup) -> tuple[str, ...]:
    """What of a site's folders it has: what came from elsewhere knows of no private one, and leaves that alone."""
    return tuple(top for top in TOPS if top in backup.facts.get("tops", TOPS))


def wanted_of(backup: Backup, parts: Parts) -> dict[str, Any]:
    """The parameters of the operation. With nothing said, all that is in *backup* is wanted.

    Raises Invalid for what does not go together or is not in it, Missing where the site has no such database any more.
    """
    path, table = _checked_path(parts.get("path", "")), _checked_table(parts.get("table", ""))
    database = parts.get("database", "")
    asked_files, asked_databases = bool(parts.get("files") or path), bool(parts.get("databases") or database or table)
    if asked_files and not backup.has_files:
        raise Invalid("files", f"{backup} has no files in it.")
    if asked_databases and not _names(backup):
        raise Invalid("databases", f"{backup} has no database with a table in it.")
    everything = not asked_files and not asked_databases
    pairs = _pairs(backup, database) if asked_databases or everything else {}
    if table and len(pairs) != 1:
        raise Invalid("database", f"Say which database the table {table} is of: {', '.join(_names(backup))}.")
    with_files = asked_files or (everything and backup.has_files)
    return {"files": with_files, "path": path, "table": table, FROM: pairs, SEVERAL: [int(pk) for pk in pairs]}


def must_suit(backup: Backup, site: Site, params: dict[str, Any]) -> None:
    """Raises WrongState for all files of another kind of site: its front and its configuration would not fit them."""
    alike = backup.kind == site.kind or {backup.kind, site.kind} <= {"static", "custom"}
    if params["files"] and not params["path"] and not alike:
        raise WrongState(
            f"{backup} is of a {backup.kind} site, and {site.slug} is a {site.kind} one: make a new site of it"
            f" (./panel backup clone {backup.pk}), or restore its databases alone."
        )


def _checked_path(path: str) -> str:
    parts = PurePosixPath(path).parts
    if not parts:
        return ""
    if parts[0] not in TOPS or ".." in parts or "\0" in path or len(path) > LONGEST_PATH:
        raise Invalid("path", "The path must lead to a file or folder in public or private: public/wp-content, say.")
    return str(PurePosixPath(*parts))


def _checked_table(table: str) -> str:
    if len(table) > LONGEST_TABLE or not table.isprintable():
        raise Invalid("table", f"That is no table's name: it has at most {LONGEST_TABLE} letters.")
    return table


def _names(backup: Backup) -> list[str]:
    """Of an empty database there is nothing to restore."""
    saved: list[Mapping[str, Any]] = backup.facts.get("databases", [])
    return [str(one["name"]) for one in saved if one.get("tables", 1)]


def _pairs(backup: Backup, database: str) -> dict[str, str]:
    """The id of each database of the site's that is loaded, as JSON keeps it, and whose content it gets."""
    names = _names(backup)
    if database and database not in names:
        raise Invalid("database", f"{backup} has no database {database[:40]}; it has {', '.join(names) or 'none'}.")
    live = {one.name: one for one in _live(backup)}
    wanted = [database] if database else names
    return {str(_place_of(name, names, live).pk): name for name in wanted}


def _live(backup: Backup) -> list[Database]:
    if backup.site is None:
        raise WrongState(f"The site of {backup} is gone; make a new one of it with ./panel backup clone {backup.pk}.")
    return list(backup.site.databases.filter(status=Database.Status.ACTIVE).order_by("pk"))


def _place_of(name: str, names: list[str], live: dict[str, Database]) -> Database:
    """The database of the site's that *name* goes into: that of the same name, else the only one there is."""
    if name in live:
        return live[name]
    if len(names) == 1 and len(live) == 1:
        return next(iter(live.values()))
    raise Missing(
        f"The site has no database {name} any more; create one, or leave it out by naming what you want (--files,"
        " --database)."
    )
