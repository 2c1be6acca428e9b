"""What a dump from elsewhere says of itself and of its site, read as it flows by. All of it is somebody's word."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from apps.host.archive.dump_parts import TABLE, Part

BEGINNING = 1 << 16
"""Bytes of a dump in which it says what it is."""
NAME = re.compile(r"[A-Za-z0-9_$-]{1,64}")
NAMED = re.compile(
    rb"^-- Host: [^\n]*\bDatabase: (?P<a>\S+)|^-- Database: `?(?P<b>[^`\s]+)|^USE `(?P<c>[^`\n]+)`;", re.MULTILINE
)
CREATES = re.compile(rb"(?i)^(?:CREATE TABLE|INSERT INTO)\b", re.MULTILINE)
CHOOSES = re.compile(rb"(?i)(?:CREATE DATABASE\b[^;\n]*|USE `[^`\n]+`|USE [A-Za-z0-9_$-]+);\s*\n?")
LONGEST_LINE = 1000
OPTION = re.compile(rb"'(siteurl|home)',\s*'((?:[^'\\]|\\.){1,300})'")
CREATED = re.compile(rb"(?mi)^CREATE TABLE (?:IF NOT EXISTS )?`?([^`\s(]{1,256})")
"""A table in a dump that does not say in a comment what follows."""
MOST_TABLES = 10_000
OPTIONS, MOST = "options", 4
HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?(?::[0-9]{1,5})?")


def is_dump(beginning: bytes) -> bool:
    return CREATES.search(beginning) is not None


def named(beginning: bytes) -> str:
    """The database that it was made of; empty where it does not say so, or says what is no name."""
    found = NAMED.search(beginning)
    text = next((word for word in found.groups() if word), b"").decode(errors="replace") if found else ""
    return text if NAME.fullmatch(text) else ""


def for_one_database(sql: Iterable[bytes]) -> Iterator[bytes]:
    """*sql* without the lines that create a database or choose one: it goes into the one that there is for it."""
    left = b""
    for chunk in sql:
        whole, end, left = (left + chunk).rpartition(b"\n")
        if end:
            yield _without_choices(whole + end)
        elif len(left) > LONGEST_LINE:
            yield left
            left = b""
    yield _without_choices(left)


def _without_choices(lines: bytes) -> bytes:
    """A line that begins with neither word is never looked at closely: most of a dump is such lines."""
    if b"USE " not in lines.upper() and b"DATABASE" not in lines.upper():
        return lines
    return b"".join(line for line in lines.splitlines(keepends=True) if not CHOOSES.fullmatch(line))


class Words:
    """*addresses*: of WordPress's settings, each as it stands there. *prefix*: of its *tables*."""

    def __init__(self) -> None:
        self.addresses: list[str] = []
        self.prefix = ""
        self.tables: set[bytes] = set()

    def passing(self, parts: Iterable[Part]) -> Iterator[Part]:
        for part in parts:
            if part.kind == TABLE:
                self.tables.add(part.table.encode())
            elif len(self.tables) < MOST_TABLES:
                self.tables |= set(CREATED.findall(part.sql))
            if part.kind != TABLE or part.table.endswith(OPTIONS):
                self._look(part)
            yield part

    def _look(self, part: Part) -> None:
        for _, value in OPTION.findall(part.sql):
            address = value.replace(b"\\/", b"/").decode(errors="replace")
            if host_of(address) and address not in self.addresses and len(self.addresses) < MOST:
                self.addresses.append(address)
                self.prefix = self.prefix or part.table.removesuffix(OPTIONS)


def host_of(address: str) -> str:
    """Its host, with the port where it names one; empty for what is no address of a site."""
    try:
        found = urlsplit(address)
    except ValueError:
        return ""
    host = found.netloc.lower()
    is_one = address.isprintable() and found.scheme in ("http", "https") and HOST.fullmatch(host)
    return host if is_one else ""
