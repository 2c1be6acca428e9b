"""What PHP's ``mail()`` starts: it lays the message into the site's postbox, from where a runner of the panel sends it.

Nothing imports it. A copy of it is the program ``mail/sendmail``, which every site's user may run::

    sendmail POSTBOX [OPTION]... [RECIPIENT]...

The message is standard input; the options of sendmail are taken and mean nothing: the sender is the panel's to say.
It runs as the site's user and knows no relay, no password and no limit. It ends at once, with a sentence on standard
error: 78 where the site has no relay, 75 where too much waits already or the disk is full, 65 for what is no message.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

MOST = 500
LONGEST = 25 * 1024 * 1024
OPEN = "on"
"""What stands in a relay's file while there is one."""
CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
WITH_VALUE = ("-f", "-F", "-r", "-o", "-N", "-O", "-h", "-B", "-R", "-V", "-X", "-L", "-p", "-q", "-A", "-d")
DATA, LATER, CONFIG = 65, 75, 78


class Problem(Exception):
    """A code to end with, and a sentence."""

    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def main(program: str, postbox: str, *options: str) -> None:
    if not is_open(Path(postbox).with_name("relay")) and not is_open(Path(program).with_name("relay")):
        raise Problem(CONFIG, "this site has no relay, so no mail leaves it; the panel can be given one")
    message = sys.stdin.buffer.read(LONGEST + 1)
    if not message.strip() or len(message) > LONGEST:
        raise Problem(DATA, f"a message has at least one line, and {LONGEST} bytes at most")
    if len(os.listdir(postbox)) >= MOST:
        raise Problem(LATER, f"{MOST} messages are waiting already")
    lay(Path(postbox), json.dumps({"to": recipients(options)}).encode() + b"\n" + message)


def is_open(file: Path) -> bool:
    try:
        return file.read_text().strip() == OPEN
    except FileNotFoundError:
        return False


def recipients(options: tuple[str, ...]) -> list[str]:
    """Those in the arguments. The message's own fields name the others."""
    found, rest = [], list(options)
    while rest:
        option = rest.pop(0)
        if option in WITH_VALUE and rest:
            rest.pop(0)
        elif not option.startswith("-"):
            found.append(option)
    return found


def lay(postbox: Path, content: bytes) -> None:
    """Whole, and never in another's place: its name is the time and this process."""
    name = f"{time.time_ns():020d}-{os.getpid()}"
    part = postbox / f".{name}.part"
    descriptor = os.open(part, CREATE, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        part.rename(postbox / f"{name}.mail")
    except OSError:
        part.unlink()
        raise


if __name__ == "__main__":
    try:
        main(*sys.argv)
    except Problem as problem:
        sys.stderr.write(f"sendmail: {problem}.\n")
        sys.exit(problem.code)
    except OSError as error:
        sys.stderr.write(f"sendmail: {error.strerror}.\n")
        sys.exit(LATER)
