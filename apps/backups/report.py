"""What was found in an archive from elsewhere: for people, and for whoever restores it.

All of it is somebody's word. What is kept has the form that it would have in a backup of the panel's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from apps.backups.models import Backup
from apps.backups.wanted import TOPS
from apps.host.arriving.converting import Converted
from apps.host.arriving.dump_words import host_of
from apps.host.arriving.found import Found
from apps.sites.kinds import KINDS
from apps.sites.models import Site

LONGEST, MOST = 100, 100
UNKNOWN = "custom"


def manifest_of(backup: Backup, site: Site, found: Found, done: Converted) -> dict[str, Any]:
    """As a backup of the panel's own has it, with the report beside."""
    said = found.manifest if found.ours else {}
    addresses = [_text(said.get("site", {}).get("url"))] if found.ours else [*done.addresses, found.address]
    hosts = [*(host_of(one) for one in addresses), *_hosts(said.get("site", {}).get("domains"))]
    known = list(dict.fromkeys(filter(None, hosts)))
    configured = _text(said.get("configured")) if found.ours else found.database or _only(done)
    return {
        "site": {
            "slug": backup.slug,
            "name": _text(said.get("site", {}).get("name")) or site.name,
            "kind": kind_of(found),
            "domains": known,
            "url": f"https://{known[0]}" if known else "",
        },
        "settings": _words(said.get("settings")),
        "databases": [{"name": name} for name in done.databases],
        "configured": configured if configured in done.databases else "",
        "made_at": _text(said.get("made_at")) or backup.created_at.isoformat(),
        "php": _text(said.get("php")),
        "page": said.get("page") if type(said.get("page")) is int else None,
        "tops": list(TOPS) if found.ours else ["public"],
        "secure": any(address.startswith("http://") for address in addresses),
        "has": {"files": done.has_files, "databases": bool(done.databases)},
        "report": report_of(found, done),
    }


def report_of(found: Found, done: Converted) -> dict[str, Any]:
    """What people are told. *left_out*: folders that are no part of the site; *unread*: what ``.htaccess`` said."""
    kind = kind_of(found)
    return {
        "ours": found.ours,
        "kind": kind,
        "label": str(KINDS[kind].label),
        "version": found.version,
        "php": found.php or _text(found.manifest.get("php")),
        "root": found.root.encode(errors="replace").decode().rstrip("/"),
        "addresses": done.addresses or [address for address in [found.address] if host_of(address)],
        "prefix": done.prefix or found.prefix,
        "databases": [{"name": name, "bytes": one.bytes, "tables": one.tables} for name, one in done.databases.items()],
        "files": found.files,
        "folders": found.folders,
        "links": found.links,
        "bytes": found.size,
        "left_out": [{"folder": name, "entries": count} for name, count in done.left_out.most_common(MOST)],
        "unread": found.unread,
    }


def kind_of(found: Found) -> str:
    return found.kind if found.kind in KINDS else UNKNOWN


def _only(done: Converted) -> str:
    return next(iter(done.databases)) if len(done.databases) == 1 else ""


def _text(value: object) -> str:
    return value[:LONGEST] if isinstance(value, str) and value.isprintable() else ""


def _hosts(value: object) -> Iterable[str]:
    found = value if isinstance(value, list) else []
    return [host for one in found[:MOST] if isinstance(one, str) and (host := host_of(f"https://{one}"))]


def _words(value: object) -> dict[str, str]:
    found = value if isinstance(value, Mapping) else {}
    return {key: one for key, one in found.items() if isinstance(one, str)}
