"""Where a site's mails wait: a folder of root's in which the site's user may put files.

The folder cannot be exchanged, for it lies in root's own; what is in it is the site's word. A file is opened without
following a link, and believed only where it is a plain one of the site's user, with no second name elsewhere.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from apps.host.as_tenant import interpreter
from apps.host.command import Identity
from apps.host.errors import Refused
from apps.host.files import Files
from apps.host.folders import look, own_folder, spoken
from apps.host.sendmail import LONGEST, MOST, OPEN
from frankenpanel.places import Places

NAME = re.compile(r"[0-9]{20}-[0-9]{1,10}\.mail")
READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
PROGRAM = Path(__file__).with_name("sendmail.py")


@dataclass(frozen=True)
class Letter:
    """*to*: recipients that stood in the arguments. *message* is the whole of it."""

    to: tuple[str, ...]
    message: bytes


class Postbox:
    def __init__(self, places: Places) -> None:
        self.places = places

    def install(self) -> None:
        """Put the program in its place; it is left alone where it is as it shall be."""
        text = f"#!{interpreter()} -IS\n{PROGRAM.read_text()}"
        Files(self.places).write(self.places.sendmail, text, 0o755)

    def open_for(self, site_id: int | None, *, there_is_a_relay: bool) -> None:
        """Say whether mails are taken: of one site, or, for None, of those that have no relay of their own."""
        file = self.places.relay_file if site_id is None else self.places.site_relay_file(site_id)
        Files(self.places).write(file, f"{OPEN if there_is_a_relay else 'off'}\n", 0o644)

    def names(self, site_id: int) -> list[str]:
        """The messages that wait, the oldest first, and no more than a site may have waiting."""
        try:
            with os.scandir(self.places.postbox(site_id)) as entries:
                found = [entry.name for entry in entries if NAME.fullmatch(entry.name) and _is_plain(entry)]
        except FileNotFoundError:
            return []
        return sorted(found)[:MOST]

    def read(self, site_id: int, name: str, owner: Identity) -> Letter:
        """Refused for what is no message of the site's user."""
        with self._folder(site_id) as folder, spoken(self.places.postbox(site_id) / name):
            content = _content(os.open(name, READ, dir_fd=folder), owner)
        head, _, message = content.partition(b"\n")
        try:
            to = tuple(str(one) for one in json.loads(head)["to"])
        except (ValueError, TypeError, KeyError) as error:
            raise Refused("The file in the postbox is no message.") from error
        return Letter(to, message)

    def remove(self, site_id: int, name: str) -> None:
        """Take a message away. Not being there is no error."""
        with self._folder(site_id) as folder, spoken(self.places.postbox(site_id)):
            if look(folder, name) is not None:
                os.unlink(name, dir_fd=folder)

    @contextmanager
    def _folder(self, site_id: int) -> Iterator[int]:
        with own_folder(self.places.root, self.places.postbox(site_id)) as folder:
            yield folder


def _is_plain(entry: os.DirEntry[str]) -> bool:
    return entry.is_file(follow_symlinks=False)


def _content(opened: int, owner: Identity) -> bytes:
    with os.fdopen(opened, "rb") as file:
        found = os.fstat(opened)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != owner.uid or found.st_nlink != 1:
            raise Refused("The file in the postbox is not the site's own; it is not sent.")
        content = file.read(LONGEST + 4096)
    if len(content) == LONGEST + 4096:
        raise Refused(f"The message has more than {LONGEST} bytes.")
    return content
