"""One file of the site: written and read whole, or as a stream."""

from __future__ import annotations

import os
import sys

from apps.host.tenant.paths import CREATE, Problem, descend, is_there, must_be_plain, must_fit, opened_plain, unlink


def write(top: str, relative: str, mode: str) -> None:
    parent, _, name = relative.rpartition("/")
    folder = descend(top, parent)
    content = sys.stdin.buffer.read()
    must_fit(folder, len(content) + os.fstatvfs(folder).f_frsize)
    must_be_plain(folder, name)
    beside = f".{name}.new"
    unlink(folder, beside)  # a crash may have left it
    try:
        pour(content, os.open(beside, CREATE, int(mode, 8), dir_fd=folder))
        os.rename(beside, name, src_dir_fd=folder, dst_dir_fd=folder)
    except OSError:
        unlink(folder, beside)
        raise
    os.fsync(folder)


def pour(content: bytes, target: int) -> None:
    with os.fdopen(target, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(target)


def read(top: str, relative: str, limit: str) -> None:
    with os.fdopen(opened_plain(top, relative), "rb") as file:
        content = file.read(int(limit) + 1)
    if len(content) > int(limit):
        raise Problem(f"{relative.rpartition('/')[2]} is longer than {limit} bytes.")
    sys.stdout.buffer.write(content)


def send(top: str, relative: str, offset: str) -> None:
    opened = opened_plain(top, relative)
    sys.stdout.buffer.write(b"%d\n" % os.fstat(opened).st_size)
    sys.stdout.flush()
    os.lseek(opened, int(offset), os.SEEK_SET)
    while chunk := os.read(opened, 1 << 20):
        sys.stdout.buffer.write(chunk)


def receive(top: str, relative: str, needed: str) -> None:
    parent, _, name = relative.rpartition("/")
    folder = descend(top, parent, make=0o750)
    unlink(folder, f"{name}.part")  # a crash may have left it
    must_fit(folder, int(needed))
    try:
        with os.fdopen(os.open(f"{name}.part", CREATE, 0o640, dir_fd=folder), "wb") as file:
            while chunk := os.read(0, 1 << 20):
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        unlink(folder, f"{name}.part")
        raise


def settle(top: str, relative: str) -> None:
    parent, _, name = relative.rpartition("/")
    folder = descend(top, parent)
    if is_there(folder, f"{name}.part"):
        must_be_plain(folder, name)
        os.rename(f"{name}.part", name, src_dir_fd=folder, dst_dir_fd=folder)
        os.fsync(folder)
    sys.stdout.write(str(os.stat(name, dir_fd=folder, follow_symlinks=False).st_size))


def remove(top: str, relative: str) -> None:
    parent, _, name = relative.rpartition("/")
    try:
        folder = descend(top, parent)
    except (FileNotFoundError, Problem):
        return  # beyond a link nothing was written either
    unlink(folder, f"{name}.part")
    unlink(folder, name)
