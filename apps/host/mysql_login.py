"""The way into a database as its own account, and what the server's errors mean, whoever asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import MySQLdb

from apps.host.errors import Refused, Unavailable

DOWN = frozenset((1053, 1077, 1080, 1927, 2002, 2003, 2006, 2013, 2055))
"""Error codes that say: stopping, stopped, the connection is lost."""
BUSY = frozenset((1040, 1205, 1213, 1969))
"""Too many connections, a lock that is not given back, two that wait for each other, a statement that took too long."""
DENIED = frozenset((1044, 1045, 1698))


@dataclass(frozen=True)
class Login:
    """Where a site's database is, and its own account, which bears the same name and may do nothing outside it."""

    socket: Path
    database: str
    password: str = field(repr=False)


def said(error: MySQLdb.Error, socket: Path, user: str) -> Refused | Unavailable:
    """The server's error as a sentence: one that may pass, or not."""
    code, text = (*error.args, 0, "")[:2] if len(error.args) > 1 else (0, str(error))
    if code in DOWN:
        return Unavailable(f"The database server does not answer at {socket}: {text}.")
    if code in BUSY:
        return Unavailable(f"The database server at {socket} cannot do this now: {text}.")
    if code in DENIED:
        return Refused(f"The database server does not let {user} do this over {socket}: {text}.")
    return Refused(f"The database server refuses: {text}.")
