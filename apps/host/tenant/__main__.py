"""The command: a verb and its arguments."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Callable

from apps.host.tenant.copying import copy
from apps.host.tenant.emptying import empty
from apps.host.tenant.exchanging import exchange, unit
from apps.host.tenant.files import read, receive, remove, send, settle, write
from apps.host.tenant.logs import rotate, tail
from apps.host.tenant.looking import folder, is_file, is_folder, size
from apps.host.tenant.paths import Problem, Resists

FULL = (errno.ENOSPC, errno.EDQUOT)


def end() -> None:
    """One call of the kernel, which no fork can outrun. It spares this process, and nothing else of its user."""
    if os.getuid() in (0, os.stat(f"/proc/{os.getppid()}").st_uid):
        raise Problem("This would end more than a site: it was not started for a site's own user.")
    try:
        os.kill(-1, signal.SIGKILL)
    except ProcessLookupError:
        return


def sentence(error: OSError) -> str:
    where = os.fsencode(str(error.filename or "")).decode(errors="backslashreplace")
    if error.errno in FULL:
        return "The disk became full meanwhile; make room and try again."
    return f"{where}: {error.strerror}." if where else f"{error.strerror}."


VERBS: dict[str, Callable[..., None]] = {
    "write": write,
    "read": read,
    "tail": tail,
    "rotate": rotate,
    "send": send,
    "receive": receive,
    "settle": settle,
    "remove": remove,
    "is-file": is_file,
    "is-folder": is_folder,
    "folder": folder,
    "copy": copy,
    "unit": unit,
    "exchange": exchange,
    "empty": empty,
    "size": size,
    "end": end,
}


def main(verb: str, *arguments: str) -> int:
    os.umask(0)
    try:
        VERBS[verb](*arguments)
    except Resists as problem:
        sys.stderr.write(f"! {problem}\n")
        return 4
    except Problem as problem:
        sys.stderr.write(f"! {problem}\n")
        return 3
    except OSError as error:
        sys.stderr.write(f"! {sentence(error)}\n")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
