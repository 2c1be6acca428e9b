"""The panel's own records as a stream: SQLite's by its backup interface, PostgreSQL's by ``pg_dump``; and back again.

As of one moment, while the panel goes on.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from apps.host.errors import CommandFailed, NotStarted, Refused, Unavailable
from apps.host.printable import printable
from apps.host.streams import CHUNK, Stream, Waiting, at_ease, streaming

DUMP, LOAD = "/usr/bin/pg_dump", "/usr/bin/psql"
WHOLE = ("--no-owner", "--no-privileges", "--no-password")
STRICT = ("--no-psqlrc", "--quiet", "--no-password", "--single-transaction", "--set=ON_ERROR_STOP=1")
ESCAPED = {"\\": "\\\\", ":": "\\:"}


def sqlite_records(source: sqlite3.Connection, aside: Path) -> Iterator[bytes]:
    """The file that *source* is a connection to, through *aside*, a path that is for nobody else to read.

    A second run begins anew; whatever becomes of it, *aside* is gone afterwards.
    """
    aside.unlink(missing_ok=True)
    os.close(os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        with sqlite3.connect(aside) as copy:
            source.backup(copy)
        copy.close()
        with aside.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
    except sqlite3.OperationalError as error:
        raise Unavailable(f"The panel's records cannot be copied just now: {error}.") from error
    finally:
        aside.unlink(missing_ok=True)


@dataclass(frozen=True)
class PostgreSQL:
    """A database of the panel's, and how to come in. Empty values are libpq's own."""

    name: str
    host: str
    port: str
    user: str
    password: str = field(repr=False)

    def records(self, waiting: Waiting = at_ease) -> Iterator[bytes]:
        """All of it as SQL. It is complete if this ends without an error."""
        with self._program([DUMP, *WHOLE], waiting, prints=True) as stream:
            try:
                yield from stream.chunks()
            except CommandFailed as failed:
                raise _said("The panel's records cannot be dumped", failed, stream) from None

    def load(self, sql: Iterable[bytes], waiting: Waiting = at_ease) -> None:
        """Run *sql* in one transaction: all of it, or nothing."""
        with self._program([LOAD, *STRICT], waiting, takes=True) as stream:
            try:
                for chunk in sql:
                    stream.write(chunk)
                stream.end()
            except CommandFailed as failed:
                raise _said("The panel's records cannot be loaded", failed, stream) from None

    @contextmanager
    def _program(
        self, argv: Sequence[str], waiting: Waiting, *, takes: bool = False, prints: bool = False
    ) -> Iterator[Stream]:
        """With the password in a file in memory, which the program alone inherits."""
        descriptor = os.memfd_create("login")
        try:
            os.fchmod(descriptor, 0o600)
            os.write(descriptor, f"*:*:*:*:{''.join(ESCAPED.get(one, one) for one in self.password)}\n".encode())
            place = f"--dbname={self._place(f'/proc/self/fd/{descriptor}')}"
            files = [descriptor]
            with streaming([*argv, place], files=files, waiting=waiting, takes=takes, prints=prints) as stream:
                yield stream
        except NotStarted as missing:
            raise Refused(f"{argv[0]} is not there; install it: apt-get install postgresql-client.") from missing
        finally:
            os.close(descriptor)

    def _place(self, passwords: str) -> str:
        words = {"dbname": self.name, "host": self.host, "port": self.port, "user": self.user, "passfile": passwords}
        return " ".join(f"{name}={_quoted(value)}" for name, value in words.items() if value)


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _said(what: str, failed: CommandFailed, stream: Stream) -> Refused:
    """With the first line that speaks of an error: others follow it that say where."""
    lines = stream.said().splitlines() or [f"it ended with code {failed.code}"]
    said = next((line for line in lines if "error" in line.lower()), lines[-1])
    return Refused(f"{what}: {printable(said, 300).rstrip('.')}.")
