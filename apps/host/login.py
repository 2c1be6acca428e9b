"""How MariaDB's programs get to know a password: from a file in memory, which no directory lists.

Arguments can be read by every user of the machine; this file by the one user whose program reads it, and it is gone
with the last who has it open. They read nothing else: no ``/etc/my.cnf``, no ``~/.my.cnf``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from apps.host.command import Identity
from apps.host.errors import Refused
from apps.host.sql import sites_name

ESCAPED = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b"}


@dataclass(frozen=True)
class Login:
    """A site's database, which is the name of its account too, and the Unix user whose programs log in."""

    name: str
    password: str = field(repr=False)
    owner: Identity


@contextmanager
def options_file(login: Login, socket: Path) -> Iterator[tuple[str, int]]:
    """``(option, descriptor)``: the option goes first in the program's arguments, and it inherits the descriptor."""
    content = _content({"user": sites_name(login.name), "password": login.password, "socket": str(socket)})
    descriptor = os.memfd_create("login")
    try:
        os.fchmod(descriptor, 0o600)  # they ignore one that everybody may write to
        os.fchown(descriptor, login.owner.uid, login.owner.gid)
        os.write(descriptor, content.encode())
        yield f"--defaults-file=/proc/self/fd/{descriptor}", descriptor
    finally:
        os.close(descriptor)


def _content(options: dict[str, str]) -> str:
    lines = (f'{name} = "{_escaped(value)}"\n' for name, value in options.items())
    return "".join(["[client]\n", *lines])


def _escaped(value: str) -> str:
    if "\0" in value:
        raise Refused("A database password can have no NUL.")
    return "".join(ESCAPED.get(letter, letter) for letter in value)
