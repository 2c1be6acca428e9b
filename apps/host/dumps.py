"""Dumps of a site's database, streamed out and in by MariaDB's own programs as the site's users: both of them.

The Unix user and the database account are the site's, so a hostile dump reaches nothing that the site does not have.
``mariadb`` takes no command of its own out of a dump (``--binary-mode``, ``--sandbox``: a ``\\!`` would be a shell),
and no file of this machine (``--local-infile=0``). The password comes from a file in memory (`login.py`).

Nothing is kept here, and nothing to be undone: a dump that was broken off is no dump, and what was loaded half is a
database that the caller drops.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from apps.host.at_once import Look, at_once
from apps.host.definers import without_definers
from apps.host.errors import CommandFailed, HostError, Refused, Unavailable
from apps.host.login import Login, options_file
from apps.host.printable import printable
from apps.host.streams import Stream, Waiting, at_ease, streaming

DUMP = "/usr/bin/mariadb-dump"
LOAD = "/usr/bin/mariadb"
WHOLE = ("--single-transaction", "--quick", "--routines", "--triggers", "--events", "--hex-blob", "--no-tablespaces")
ROWLESS = ("--no-data", "--skip-lock-tables")
CODE = (*ROWLESS, "--no-create-info", "--routines", "--triggers", "--events", "--add-drop-trigger")
VIEWS = (*ROWLESS, "--skip-triggers")
UNICODE = "--default-character-set=utf8mb4"
SAFE = ("--binary-mode", "--sandbox", "--local-infile=0", "--batch", "--comments", UNICODE)
COMPLETED = b"-- Dump completed"
LAST = 200
"""Bytes of a dump's end among which its last line is."""
SERVER_AWAY = re.compile(r"\((?:2002|2003|2006|2013|1053)\)|ERROR (?:2002|2003|2006|2013|1053)|\b(?:2006|2013):|1053:")
BROKEN_VIEW = re.compile(r"\b1356\b")
NO_SPACE = re.compile(r"ERROR (?:1021|1114|3)\b|errno: (?:28|122)\b|No space left")


class Dumps:
    def __init__(self, socket: Path) -> None:
        self.socket = socket

    def export(self, login: Login, waiting: Waiting = at_ease) -> Iterator[bytes]:
        """The whole database as SQL, all tables as they are at one moment where their engine is InnoDB.

        It is a dump if this ends without an error: then mariadb-dump's exit code was 0 and it said so itself.
        """
        yield from self._dumped([*WHOLE, "--", login.name], login, waiting)

    def code(self, login: Login, views: Sequence[str]) -> bytes:
        """What of a database is no table, as SQL that may be loaded twice: triggers, routines, events, and *views*."""
        parts = [self._dumped([*CODE, "--", login.name], login, at_ease)]
        if views:
            parts.append(self._dumped([*VIEWS, "--", login.name, *views], login, at_ease))
        return b"".join(b"".join(part) for part in parts)

    def load(self, login: Login, sql: Iterable[bytes], waiting: Waiting = at_ease) -> None:
        """Run *sql* in the database. Refused at the first statement that fails, with its line and the reason.

        Statements before that one stay. Whatever is created belongs to the account, whomever the dump names.
        """
        with self._program(LOAD, [*SAFE, f"--database={login.name}"], login, waiting, takes=True) as stream:
            try:
                for chunk in without_definers(sql):
                    stream.write(chunk)
                stream.end()
            except CommandFailed as failed:
                raise _said(failed, stream, "The dump cannot be loaded") from None

    def load_at_once(self, login: Login, shares: Sequence[Iterable[bytes]], waiting: Waiting = at_ease) -> None:
        """Each of *shares* as ``load`` does, over a connection of its own. The first that fails ends the others.

        They are read by threads of their own; *waiting* is called by the caller's.
        """
        at_once([partial(self._load_share, login, share) for share in shares], waiting)

    def _load_share(self, login: Login, sql: Iterable[bytes], look: Look) -> None:
        self.load(login, _watched(sql, look), look)

    def _dumped(self, options: Sequence[str], login: Login, waiting: Waiting) -> Iterator[bytes]:
        end = b""
        with self._program(DUMP, [UNICODE, *options], login, waiting, prints=True) as stream:
            try:
                for chunk in stream.chunks():
                    end = (end + chunk)[-LAST:]
                    yield chunk
            except CommandFailed as failed:
                raise _said(failed, stream, "The database cannot be dumped") from None
        if not end.rstrip().rpartition(b"\n")[2].startswith(COMPLETED):
            raise Unavailable("mariadb-dump ended without saying that its dump is complete.")

    @contextmanager
    def _program(
        self, program: str, options: Sequence[str], login: Login, waiting: Waiting, **pipes: bool
    ) -> Iterator[Stream]:
        with options_file(login, self.socket) as (option, descriptor):
            argv = [program, option, *options]
            with streaming(argv, identity=login.owner, files=[descriptor], waiting=waiting, **pipes) as stream:
                yield stream


def _watched(sql: Iterable[bytes], look: Look) -> Iterator[bytes]:
    for chunk in sql:
        look()
        yield chunk


def _said(failed: CommandFailed, stream: Stream, what: str) -> HostError:
    """The program's own words, cleaned and shortened: they quote the dump."""
    said = (stream.said().splitlines() or ["it ended without a word"])[-1]
    clean = printable(said, 300).rstrip(".")
    if failed.code < 0:
        return Unavailable(f"{what}: the program was ended by signal {-failed.code}.")
    if SERVER_AWAY.search(said):
        return Unavailable(f"{what}: {clean}.")
    if NO_SPACE.search(said):
        return Refused(f"{what}, for the disk is full: {clean}. Make room and try again.")
    more = " Repair or drop that view, and try again." if BROKEN_VIEW.search(said) else ""
    return Refused(f"{what}: {clean}.{more}")
