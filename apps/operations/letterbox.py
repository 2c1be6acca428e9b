"""A secret that a door receives: sealed at once for the server that needs it, and opened by its runners alone.

What is written into the records, a log of theirs or a backup is never the plain text.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from apps.host.errors import Refused
from apps.operations.refusals import Missing
from apps.servers.models import Server

if TYPE_CHECKING:
    from apps.host.host import Host


def post(server: Server, text: str) -> str:
    """*text*, sealed for *server*. Raises Missing where that one has no letterbox yet."""
    from apps.operations.envelope import seal  # noqa: PLC0415 - 4 MB that few processes need

    if not server.letterbox:
        raise Missing(f"{server.name} cannot be given a secret yet; start its panel once with ./panel up.")
    return seal(server.letterbox, text)


def take_out(host: Host, sealed: str) -> str:
    """The text again, on the machine that it was sealed for. Refused for one of another's."""
    return _opened(host, sealed)[1]


def readdressed(host: Host, sealed: str) -> str:
    """The same text, sealed for the newest of the letterbox's keys. Refused as above."""
    from apps.operations.envelope import seal  # noqa: PLC0415 - as above

    number, text = _opened(host, sealed)
    return seal(letterbox_of(host), text) if number else sealed


def letterbox_of(host: Host) -> str:
    """The public half: what ``post`` seals for. It stands in the server's row."""
    from apps.operations.envelope import Envelope  # noqa: PLC0415 - as above

    return Envelope(host.vault.letterbox_keys()[0]).address


def _opened(host: Host, sealed: str) -> tuple[int, str]:
    """Which of the keys opens it, 0 for the newest, and the text."""
    from cryptography.fernet import InvalidToken  # noqa: PLC0415 - as above

    from apps.operations.envelope import Envelope  # noqa: PLC0415 - as above

    for number, key in enumerate(host.vault.letterbox_keys()):
        with suppress(InvalidToken):
            return number, str(Envelope(key).open(sealed))
    raise Refused("This secret was sealed for another server; enter it anew.")
