"""What kind of site an archive is of, and where its document root lies, by files that each kind has."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

WORDPRESS, JOOMLA, LARAVEL = b"wp-includes/version.php", b"administrator/manifests/files/joomla.xml", b"artisan"
CONFIGURATIONS = (b"wp-config.php", b"configuration.php", b".env")
INDEXES = (b"index.php", b"index.html", b"index.htm")
ROOTS = (b"public_html", b"httpdocs", b"htdocs", b"www", b"html", b"web")
"""Where other panels keep what visitors see; of several the one that lies highest."""
VERSIONS = {
    "wordpress": re.compile(rb"\$wp_version\s*=\s*['\"]([0-9][0-9A-Za-z.-]{0,20})"),
    "joomla": re.compile(rb"<version>([0-9][0-9A-Za-z.-]{0,20})</version>"),
}
NEEDS = re.compile(rb"\$required_php_version\s*=\s*['\"]([0-9.]{1,12})")
NAMES = {
    "wordpress": re.compile(rb"define\(\s*['\"]DB_NAME['\"]\s*,\s*['\"]([A-Za-z0-9_$-]{1,64})['\"]"),
    "joomla": re.compile(rb"\$db\s*=\s*['\"]([A-Za-z0-9_$-]{1,64})['\"]"),
    "laravel": re.compile(rb"(?m)^DB_DATABASE=['\"]?([A-Za-z0-9_$-]{1,64})"),
}
PREFIXES = {
    "wordpress": re.compile(rb"\$table_prefix\s*=\s*['\"]([A-Za-z0-9_]{0,40})"),
    "joomla": re.compile(rb"\$dbprefix\s*=\s*['\"]([A-Za-z0-9_]{0,40})"),
}
URL = re.compile(rb"(?m)^APP_URL=['\"]?([^\s'\"]{1,200})")
Texts = Mapping[bytes, bytes]
"""Files that are told by their names, by their paths."""


@dataclass(frozen=True)
class Recognised:
    """*root*: the document root in the archive, with a slash at its end unless it is all of it.

    *database*: the one that its configuration names. *php*: the versions that it says it needs.
    """

    kind: str
    root: bytes
    version: str = ""
    php: str = ""
    database: str = ""
    prefix: str = ""
    address: str = ""


def wanted(path: bytes) -> bool:
    """Whether a file is one of those by which a site is recognised."""
    name = path.rpartition(b"/")[2]
    if name in (*CONFIGURATIONS, *INDEXES, b".htaccess", b"composer.json", LARAVEL):
        return True
    return path.endswith((WORDPRESS, JOOMLA))


def recognised(texts: Texts, folders: set[bytes], *, php: bool) -> Recognised:
    """By *texts* and the *folders* that are called like a document root. *php*: there is PHP somewhere in it."""
    for kind, mark in (("wordpress", WORDPRESS), ("joomla", JOOMLA), ("laravel", LARAVEL)):
        root = _highest(path.removesuffix(mark) for path in texts if (b"/" + path).endswith(b"/" + mark))
        if root is not None and (kind != "laravel" or root + b"composer.json" in texts):
            return _told(kind, root, texts)
    root = _highest(folder + b"/" for folder in folders)
    if root is None:
        root = _highest(path.removesuffix(name) for path in texts for name in INDEXES if _is(path, name))
    return Recognised("custom" if php else "static", root or b"")


def _told(kind: str, root: bytes, texts: Texts) -> Recognised:
    config = {"wordpress": b"wp-config.php", "joomla": b"configuration.php", "laravel": b".env"}[kind]
    text = texts.get(root + config, b"")
    return Recognised(
        kind,
        root,
        version=_group(VERSIONS.get(kind), texts.get(root + (WORDPRESS if kind == "wordpress" else JOOMLA), b"")),
        php=_php(texts, root),
        database=_group(NAMES[kind], text),
        prefix=_group(PREFIXES.get(kind), text),
        address=_group(URL, text) if kind == "laravel" else "",
    )


def _php(texts: Texts, root: bytes) -> str:
    if needs := _group(NEEDS, texts.get(root + WORDPRESS, b"")):
        return f">={needs}"
    try:
        found = json.loads(texts.get(root + b"composer.json", b"{}"))["require"]["php"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return found[:40] if isinstance(found, str) and found.isprintable() else ""


def _group(pattern: re.Pattern[bytes] | None, text: bytes) -> str:
    found = pattern.search(text) if pattern else None
    return found[1].decode(errors="replace") if found else ""


def _is(path: bytes, name: bytes) -> bool:
    return path == name or path.endswith(b"/" + name)


def _highest(roots: object) -> bytes | None:
    found = sorted(roots, key=lambda root: (root.count(b"/"), root))  # type: ignore[call-overload]
    return found[0] if found else None
