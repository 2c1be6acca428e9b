"""An archive that can only be read from its beginning on: one that is far away, or one from elsewhere.

Locked by age or not, packed by gzip or not, with an index of ours (which then says nothing) or without.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from apps.host.archive.age import is_locked, unlocked
from apps.host.archive.ahead import ahead
from apps.host.archive.bytestream import ByteStream
from apps.host.archive.keys import Key
from apps.host.archive.members import flowing
from apps.host.archive.tar_reading import USUAL, Limits, Member, members
from apps.host.errors import Refused
from apps.host.packing import OTHERS

GZIP = b"\x1f\x8b"
BEGINNING = 5
READ_AHEAD = 4


def members_of(chunks: Iterable[bytes], keys: Sequence[Key] = (), limits: Limits = USUAL) -> Iterator[Member]:
    """What is in it, as it comes. Locked, Damaged, Hostile; Refused for what is packed by something else.

    Whoever makes something of it must be able to throw it away until the end has come.
    """
    locked, whole = is_locked(chunks)
    packed = ahead(unlocked(whole, keys), READ_AHEAD) if locked else whole
    return members(_unpacked(packed), limits)


def _unpacked(chunks: Iterable[bytes]) -> Iterator[bytes]:
    stream = ByteStream(chunks)
    first = stream.up_to(BEGINNING)
    for mark, name in OTHERS.items():
        if first.startswith(mark):
            raise Refused(f"This archive is packed by {name}; send it as .tar or .tar.gz.")
    whole = chain([first], stream.rest())
    return ahead(flowing(whole), READ_AHEAD) if first.startswith(GZIP) else whole
