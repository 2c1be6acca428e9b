"""The command: a verb and its arguments."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

from apps.host.tenant.copying import copy
from apps.host.tenant.emptying import empty
from apps.host.tenant.ending import ended
from apps.host.tenant.exchanging import exchange, unit
from apps.host.tenant.files import read, receive, remove, send, settle, write
from apps.host.tenant.logs import rotate, tail
from apps.host.tenant.looking import folder, is_file, is_folder, size
from apps.host.tenant.paths import Problem

if TYPE_CHECKING:
    from collections.abc import Callable


def end() -> None:
    """One call of the kernel, which no fork can outrun. It spares this process, and nothing else of its user."""
    if os.getuid() in (0, os.stat(f"/proc/{os.getppid()}").st_uid):
        raise Problem("This would end more than a site: it was not started for a site's own user.")
    try:
        os.kill(-1, signal.SIGKILL)
    except ProcessLookupError:
        return


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


if __name__ == "__main__":
    sys.exit(ended(VERBS[sys.argv[1]], *sys.argv[2:]))
