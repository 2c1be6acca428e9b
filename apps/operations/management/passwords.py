"""Where a password that is shown once goes: a terminal, or a file that nobody else can read."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from apps.operations import credentials
from apps.operations.asking import Ask
from apps.operations.management.output import complain
from apps.operations.models import Operation
from apps.operations.refusals import Invalid, Taken


def add_file(parser: ArgumentParser) -> None:
    parser.add_argument("--credentials-file", type=Path, metavar="F", help="a new file for the password (0600)")


class CredentialsFile:
    """The file of ``--credentials-file``: made before anything else, so that no password is read in vain.

    Used with ``with``: what was not filled is gone at the end.
    """

    def __init__(self, options: Namespace) -> None:
        self.path: Path | None = options.credentials_file
        self._file: IO[str] | None = None
        self._filled = False

    def __enter__(self) -> CredentialsFile:
        if self.path is None:
            return self
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
            self._file = os.fdopen(os.open(self.path, flags, 0o600), "w")
        except FileExistsError as error:
            raise Taken("credentials-file", f"{self.path} is there already; name a file that is not.") from error
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            raise Invalid("credentials-file", f"{self.path} cannot be made ({why}); name another file.") from error
        return self

    def __exit__(self, *error: object) -> None:
        if self.path is None or self._file is None:
            return
        self._file.close()
        if not self._filled:
            self.path.unlink(missing_ok=True)

    @property
    def is_possible(self) -> bool:
        """Whether there is a place where a password may go."""
        return self.path is not None or sys.stderr.isatty()

    def keep(self, ask: Ask, operation: Operation) -> None:
        """Read the operation's credentials, once and for all, and put them where they belong."""
        told = credentials.reveal(ask, operation)
        self.put({"address": told["url"], "user": told["user"], "password": told["password"]}, "The first password")

    def put(self, told: Mapping[str, str], what: str, written: str = "") -> None:
        """Write it where it belongs: a line for each value, in a file *written* instead, if it is given."""
        text = "".join(f"{name}: {value}\n" for name, value in told.items())
        if self._file is None:
            complain(f"\n{text}This is shown once.")
            return
        self._file.write(written or text)
        self._filled = True
        complain(f"{what} is in {self.path}.")

    def must_be_possible(self) -> None:
        if not self.is_possible:
            raise Invalid("credentials-file", "This is shown on a terminal only; name a --credentials-file.")
