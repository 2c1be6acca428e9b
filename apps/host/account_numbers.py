"""Which uid a new site's user gets: not one that a removed site had a moment ago.

Files that the old site left somewhere would belong to the new one, and a program with its set-uid bit there
would run as the new one for anybody who starts it. So the numbers go round. They are a system account's, for
which systemd keeps no journal of its own; when those are all taken, numbers above the people's are used.
"""

from __future__ import annotations

import grp
import pwd
from itertools import chain
from pathlib import Path

from apps.host.errors import Refused

NUMBERS = range(999, 299, -1)
MORE = range(30_000, 60_000)


def next_number(last: Path, numbers: range = NUMBERS, more: range = MORE) -> int:
    """The free number after the one that the file *last* remembers, which then remembers this one.

    The caller holds a lock. Refused when no number is free.
    """
    place = _place(last, numbers)
    taken = {account.pw_uid for account in pwd.getpwall()} | {group.gr_gid for group in grp.getgrall()}
    for number in chain(numbers[place:], numbers[:place], more):
        if number not in taken:
            last.write_text(str(number))
            return number
    raise Refused("No user number is free for another site; remove sites that are not needed.")


def _place(last: Path, numbers: range) -> int:
    """Where to begin: behind the last number given, or at the start if that is not known."""
    try:
        return numbers.index(int(last.read_text())) + 1
    except (FileNotFoundError, ValueError):
        return 0
