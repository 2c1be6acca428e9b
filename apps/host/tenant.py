"""The program that works on a site's files as the site's own user; one file, because it travels as one text.

Nothing imports it. Its text goes to a bare interpreter (``python -I -S -c``), so that no path of the panel
must be readable by a site's user; for the same reason it needs nothing but the standard library. Whatever
lies below a site's folder may be a trap. So every component of a path is opened by itself and never through a
link, and what the site's user could not do by hand is not done here either.

    write FOLDER RELATIVE MODE      standard input becomes the file, whole or not at all
    read FOLDER RELATIVE LIMIT      the file, at most LIMIT bytes long, to standard output
    send FOLDER RELATIVE OFFSET     prints the file's size in a line, and then the file from OFFSET on
    receive FOLDER RELATIVE NEEDED  standard input becomes "RELATIVE.part"; the disk has room for NEEDED bytes
    settle FOLDER RELATIVE          "RELATIVE.part" gets its name; prints its size
    remove FOLDER RELATIVE          neither the file nor its ".part" is there afterwards
    tail FOLDER NAME LIMIT          the last LIMIT bytes of the file to standard output; none where there is no file
    rotate FOLDER NAME LIMIT KEEP   a file of more than LIMIT bytes becomes NAME.1, and the older ones move on
    is-file, is-folder FOLDER RELATIVE  prints "yes" or "no"; "other" where no file is what stands there
    folder FOLDER RELATIVE MODE     the folder, and those between, are there afterwards
    copy FOLDER RELATIVE SOURCE     the tree SOURCE goes into the folder; prints "DONE TOTAL" in bytes
    empty FOLDER...                 nothing is left in each of the folders
    size FOLDER...                  prints how many bytes they take, as far as that can be counted
    end                             kills every process of the user it runs as

What goes wrong is one sentence, after "! " on standard error, and code 3; code 4 if it may pass.
"""

from __future__ import annotations

import errno
import os
import signal
import stat
import sys
import time
from collections.abc import Callable

ENTER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
NOT_A_FOLDER = (errno.ELOOP, errno.ENOTDIR)
NOT_EMPTY = (errno.ENOTEMPTY, errno.EEXIST)
FULL = (errno.ENOSPC, errno.EDQUOT)
NO_FAST_COPY = (errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP)
CHUNK = 1 << 24
TELL_EVERY = 0.1
OWNER_CAN_CHANGE = 0o300
Tree = dict[str, "Tree | tuple[int, int]"]
"""What lies in a folder: a Tree for each folder, (bytes, mode) for each file."""


class Problem(Exception):
    """A sentence for a person."""


class Resists(Problem):
    """One that may pass."""


# -- paths


def enter(name: str, inside: int | None = None) -> int:
    """Open the folder *name*, which must not be a link."""
    try:
        return os.open(name, ENTER, dir_fd=inside)
    except OSError as error:
        if error.errno in NOT_A_FOLDER:
            raise Problem(f"{name} is a link or a file where a folder belongs; remove it.") from error
        if error.errno == errno.EACCES and inside is None:
            raise Problem(f"{name} cannot be entered; chmod o+x the folders above.") from error
        raise


def descend(top: str, relative: str, make: int | None = None) -> int:
    """Open *relative* below *top*; with *make*, the folders that are not there are made with that mode."""
    folder = enter(top)
    for name in filter(None, relative.split("/")):
        if make is not None:
            have_folder(folder, name, make)
        below = enter(name, folder)
        os.close(folder)
        folder = below
    return folder


def have_folder(inside: int, name: str, mode: int) -> None:
    try:
        os.mkdir(name, mode, dir_fd=inside)
    except FileExistsError:
        return  # a file or a link by that name is refused when it is entered


def must_be_plain(folder: int, name: str) -> None:
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return
    if not stat.S_ISREG(found.st_mode):
        raise Problem(f"{name} is a link or a folder where a file belongs; remove it, try again.")


def unlink(folder: int, name: str) -> None:
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return


def must_fit(folder: int, needed: int, files: int = 1) -> None:
    disk = os.fstatvfs(folder)
    free = disk.f_bavail * disk.f_frsize
    if needed > free:
        raise Problem(f"The disk is too full: {needed} bytes are needed and {free} are free.")
    if disk.f_files and files > disk.f_favail:
        raise Problem(f"The disk is too full: {files} more files are needed and {disk.f_favail} can be made.")


# -- one file


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


def opened_plain(top: str, relative: str) -> int:
    """The file, open. What is no file, or is reached through a link, is a Problem."""
    parent, _, name = relative.rpartition("/")
    folder = descend(top, parent)
    must_be_plain(folder, name)
    opened = os.open(name, READ, dir_fd=folder)
    if not stat.S_ISREG(os.fstat(opened).st_mode):
        raise Problem(f"{name} is not a file any more.")
    return opened


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


def is_there(folder: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def remove(top: str, relative: str) -> None:
    parent, _, name = relative.rpartition("/")
    try:
        folder = descend(top, parent)
    except (FileNotFoundError, Problem):
        return  # beyond a link nothing was written either
    unlink(folder, f"{name}.part")
    unlink(folder, name)


def tail(top: str, name: str, limit: str) -> None:
    folder = enter(top)
    must_be_plain(folder, name)
    try:
        file = os.fdopen(os.open(name, READ, dir_fd=folder), "rb")
    except FileNotFoundError:
        return
    with file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise Problem(f"{name} is not a file any more.")
        file.seek(max(0, file.seek(0, os.SEEK_END) - int(limit)))
        sys.stdout.buffer.write(file.read(int(limit)))


def rotate(top: str, name: str, limit: str, keep: str) -> None:
    """Whoever writes it opens it by its name each time, so nothing is lost."""
    folder = enter(top)
    must_be_plain(folder, name)
    try:
        size = os.stat(name, dir_fd=folder, follow_symlinks=False).st_size
    except FileNotFoundError:
        return
    if size <= int(limit):
        return
    for number in range(int(keep) - 1, 0, -1):
        move(folder, f"{name}.{number}", f"{name}.{number + 1}")
    move(folder, name, f"{name}.1")


def move(folder: int, old: str, new: str) -> None:
    try:
        os.rename(old, new, src_dir_fd=folder, dst_dir_fd=folder)
    except FileNotFoundError:
        return


def is_file(top: str, relative: str) -> None:
    parent, _, name = relative.rpartition("/")
    try:
        found = os.stat(name, dir_fd=descend(top, parent), follow_symlinks=False)
    except FileNotFoundError:
        sys.stdout.write("no")
    else:
        sys.stdout.write("yes" if stat.S_ISREG(found.st_mode) else "other")


def is_folder(top: str, relative: str) -> None:
    try:
        os.close(descend(top, relative))
    except FileNotFoundError:
        sys.stdout.write("no")
    else:
        sys.stdout.write("yes")


def folder(top: str, relative: str, mode: str) -> None:
    descend(top, relative, make=int(mode, 8))


# -- a tree into the site


def copy(top: str, into: str, source: str) -> None:
    """Copy the tree. The source is the panel's own, so that its paths are safe to follow."""
    target = descend(top, into, make=0o750)
    tree = survey(source)
    needed, files = size_on_disk(tree, os.fstatvfs(target).f_frsize)
    try:
        must_fit(target, needed, files)
    except Problem:
        there, count = already_there(target)  # a second run writes over what the first one left
        must_fit(target, needed - there, files - count)
    Copying(total_of(tree)).tree(tree, source, target)


def survey(path: str) -> Tree:
    tree: Tree = {}
    with os.scandir(path) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                tree[entry.name] = survey(entry.path)
            elif entry.is_file(follow_symlinks=False):
                found = entry.stat(follow_symlinks=False)
                tree[entry.name] = (found.st_size, 0o750 if found.st_mode & 0o100 else 0o640)
            else:
                raise Problem(f"{entry.path} is neither a file nor a folder and cannot be copied.")
    return tree


def size_on_disk(tree: Tree, block: int) -> tuple[int, int]:
    """Bytes and entries that *tree* takes in blocks of *block* bytes, one block for each folder."""
    needed, files = block, 1
    for what in tree.values():
        size, count = size_on_disk(what, block) if isinstance(what, dict) else (what[0], 1)
        needed += -(-size // block) * block
        files += count
    return needed, files


def total_of(tree: Tree) -> int:
    return sum(total_of(what) if isinstance(what, dict) else what[0] for what in tree.values())


def already_there(target: int) -> tuple[int, int]:
    size = files = 0
    for _, below, names, inside in os.fwalk(".", dir_fd=target):
        entries = [os.stat(name, dir_fd=inside, follow_symlinks=False) for name in (*below, *names)]
        size += sum(entry.st_blocks * 512 for entry in entries)
        files += len(entries)
    return size, files


class Copying:
    def __init__(self, total: int) -> None:
        self.total = total
        self.done = 0
        self.told = 0.0

    def tree(self, tree: Tree, source: str, target: int) -> None:
        for name, what in tree.items():
            if isinstance(what, dict):
                have_folder(target, name, 0o750)
                below = enter(name, target)
                self.tree(what, f"{source}/{name}", below)
                os.close(below)
            else:
                self.file(f"{source}/{name}", target, name, what[1])
        if self.done == self.total:
            self.tell()

    def file(self, source: str, folder: int, name: str, mode: int) -> None:
        origin = os.open(source, READ)
        try:
            target = os.open(name, CREATE, mode, dir_fd=folder)
        except FileExistsError:
            must_be_plain(folder, name)
            unlink(folder, name)
            target = os.open(name, CREATE, mode, dir_fd=folder)
        self.done += transfer(origin, target)
        changed = os.fstat(origin).st_mtime_ns  # PHP compiles files of the last seconds anew for each request
        os.utime(target, ns=(changed, changed))
        os.close(origin)
        os.close(target)
        if time.monotonic() - self.told > TELL_EVERY:
            self.tell()

    def tell(self) -> None:
        self.told = time.monotonic()
        sys.stdout.write(f"{self.done} {self.total}\n")
        sys.stdout.flush()


def transfer(origin: int, target: int) -> int:
    """Copy all bytes inside the kernel; the first way is not possible between all file systems."""
    done = 0
    try:
        while count := os.copy_file_range(origin, target, CHUNK):
            done += count
    except OSError as error:
        if error.errno not in NO_FAST_COPY:
            raise
        while count := os.sendfile(target, origin, None, CHUNK):
            done += count
    return done


# -- measuring


def size(*paths: str) -> None:
    """What cannot be entered, or lies too deep, is left out: whoever hides files cheats nobody but himself."""
    total = 0
    for path in paths:
        try:
            total += already_there(enter(path))[0]
        except (Problem, OSError, RecursionError):
            continue
    sys.stdout.write(f"{total}")


# -- emptying


def empty(*paths: str) -> None:
    for path in paths:
        try:
            top = unlocked(path)
        except FileNotFoundError:
            continue
        trouble = sweep(top)
        os.close(top)
        if trouble:
            raise Resists(f"{path}/{trouble.filename} cannot be removed: {trouble.strerror}.")


def unlocked(name: str, inside: int | None = None) -> int:
    """Open a folder to empty it, also one that its owner has closed to himself."""
    try:
        opened = os.open(name, ENTER, dir_fd=inside)
    except PermissionError:
        os.chmod(name, 0o700, dir_fd=inside)
        opened = os.open(name, ENTER, dir_fd=inside)
    if os.fstat(opened).st_mode & OWNER_CAN_CHANGE != OWNER_CAN_CHANGE:
        os.fchmod(opened, 0o700)
    return opened


def sweep(top: int) -> OSError | None:
    """Remove all that is in the folder. Returns what resisted, when no further pass removes anything."""
    while True:
        removed = 0
        trouble = None
        for name in os.listdir(top):
            try:
                discard(top, name)
                removed += 1
            except OSError as error:
                trouble = OSError(error.errno, error.strerror, name)
        if not removed:
            return trouble


def discard(top: int, name: str, lift_to: int | None = None) -> None:
    """Remove a file, or a folder with all files in it.

    The folders in it go up to *top* for the next pass: however deep somebody nests them, two are open.
    """
    try:
        return os.unlink(name, dir_fd=top)
    except IsADirectoryError:
        pass
    try:
        return os.rmdir(name, dir_fd=top)
    except OSError as error:
        if error.errno not in NOT_EMPTY:
            raise
    if lift_to is not None:
        return lift(top, name, lift_to)
    hollow(top, name)
    return os.rmdir(name, dir_fd=top)


def hollow(top: int, name: str) -> None:
    inside = unlocked(name, top)
    trouble: OSError | None = None
    for entry in os.listdir(inside):
        try:
            discard(inside, entry, lift_to=top)
        except OSError as error:
            trouble = error
    os.close(inside)
    if trouble:
        raise trouble


def lift(inside: int, name: str, top: int) -> None:
    os.close(unlocked(name, inside))  # a folder that cannot be written to cannot be moved
    os.rename(name, f".{os.urandom(8).hex()}", src_dir_fd=inside, dst_dir_fd=top)


# -- the end of the site


def end() -> None:
    """One call of the kernel, which no fork can outrun. It spares this process, and nothing else of its user."""
    if os.getuid() in (0, os.stat(f"/proc/{os.getppid()}").st_uid):
        raise Problem("This would end more than a site: it was not started for a site's own user.")
    try:
        os.kill(-1, signal.SIGKILL)
    except ProcessLookupError:
        return


# -- the command


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
