"""One path of a site in the place of another, which lies beside: both are the site's own."""

from __future__ import annotations

import ctypes
import os
import sys

from apps.host.tenant.paths import Problem, descend, enter

NOREPLACE, EXCHANGE = 1, 2
LIBC = ctypes.CDLL(None, use_errno=True)


def number(folder: int, name: str) -> int:
    """By what it is known, whatever it is called; 0 where nothing is."""
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False).st_ino
    except FileNotFoundError:
        return 0


def unit(site: str, aside: str, relative: str) -> None:
    """What is to be moved is the path itself; or the first folder on the way to it that is gone from the site."""
    names, count = relative.split("/"), 1
    inside = enter(site)
    while count < len(names) and number(inside, names[count - 1]):
        inside = enter(names[count - 1], inside)
        count += 1
    found = number(descend(aside, "/".join(names[: count - 1])), names[count - 1])
    sys.stdout.write(f"{count} {found}\n")


def exchange(site: str, aside: str, relative: str, coming: str) -> None:
    """It having been done already is no error."""
    above, _, name = relative.rpartition("/")
    here, there = descend(site, above), descend(aside, above)
    if number(here, name) == int(coming):
        return
    if number(there, name) != int(coming):
        raise Problem(f"{relative} that was to be put into its place is not there any more.")
    how = EXCHANGE if number(here, name) else NOREPLACE
    if LIBC.renameat2(there, os.fsencode(name), here, os.fsencode(name), how):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), relative)
    os.fsync(here)
    os.fsync(there)
