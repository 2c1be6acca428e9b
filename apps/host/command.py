"""The one place where a program is started and waited for.

Never a shell, never a secret in the arguments, never the caller's environment. A program dies with the runner
that waits for it (``setpriv --pdeathsig``) and holds the operation's lock file open as long as it lives, so that
whoever takes over knows that nobody is still at work.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from apps.host.errors import CommandFailed, NotStarted, Refused, Unavailable
from apps.host.memory import descendants

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_locks: ContextVar[tuple[int, ...]] = ContextVar("locks", default=())


@dataclass(frozen=True)
class Identity:
    """A Unix account that a program runs as."""

    name: str
    uid: int
    gid: int


@contextmanager
def holding(lock: int) -> Iterator[None]:
    """Every program started meanwhile inherits the file descriptor *lock*, beside those it inherits already."""
    token = _locks.set((*_locks.get(), lock))
    try:
        yield
    finally:
        _locks.reset(token)


def run(
    argv: Sequence[str | Path],
    *,
    identity: Identity | None = None,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float = 60,
) -> bytes:
    """Run *argv*, as *identity* if given, and return what it printed on standard output.

    Secrets go in through *stdin*: any user of the machine can read another process's arguments.
    Raises CommandFailed for an exit code other than 0 (NotStarted when the program is not there), Unavailable
    when it takes longer than *timeout* seconds (it is killed then).
    """
    try:
        done = subprocess.run(
            [*_prefix(identity), *map(str, argv)],
            input=stdin,
            env={"PATH": PATH, "LC_ALL": "C.UTF-8", **(env or {})},
            cwd=cwd or "/",
            timeout=timeout,
            check=False,
            capture_output=True,
            umask=0o077,
            pass_fds=_locks.get(),
        )
    except FileNotFoundError as error:
        raise Refused(f"The program {argv[0]} is not there; install it and try again.") from error
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"{argv[0]} did not end within {timeout:g} seconds.") from error
    if done.returncode:
        raise failure(str(argv[0]), done.returncode, (done.stdout + done.stderr).decode(errors="replace"))
    return done.stdout


def follow(
    argv: Sequence[str | Path],
    on_line: Callable[[str], None],
    *,
    identity: Identity | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> None:
    """Run *argv* for as long as it takes, and hand over each line that it prints, errors included.

    Raises CommandFailed with its last lines. Broken off, it ends the program and its children too.
    """
    last: list[str] = []
    with subprocess.Popen(
        [*_prefix(identity), *map(str, argv)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={"PATH": PATH, "LC_ALL": "C.UTF-8", **(env or {})},
        cwd=cwd or "/",
        start_new_session=True,
        umask=0o022,
        pass_fds=_locks.get(),
        text=True,
        errors="replace",
    ) as program:
        try:
            for line in program.stdout or ():
                last = [*last[-9:], line]
                on_line(line.rstrip())
        except KeyboardInterrupt:
            os.killpg(program.pid, signal.SIGINT)
            for line in program.stdout or ():  # it may have something to take back first
                on_line(line.rstrip())
            raise
        except BaseException:
            os.killpg(program.pid, signal.SIGTERM)
            raise
    if program.returncode:
        raise failure(str(argv[0]), program.returncode, "".join(last))


def start(
    argv: Sequence[str | Path],
    *,
    identity: Identity | None = None,
    files: Sequence[int] = (),
    stdin: int = subprocess.DEVNULL,
    stdout: int = subprocess.DEVNULL,
    stderr: int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Start *argv* and do not wait for it: `streams.py` does. It inherits the file descriptors *files*."""
    return subprocess.Popen(
        [*_prefix(identity), *map(str, argv)],
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        env={"PATH": PATH, "LC_ALL": "C.UTF-8"},
        cwd="/",
        umask=0o077,
        pass_fds=(*_locks.get(), *files),
    )


def interrupt() -> None:
    """Tell every program below this process what Ctrl-C told it: those that threads follow are not told."""
    for pid in descendants(os.getpid()):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)


def failure(program: str, code: int, output: str) -> CommandFailed:
    """What a program that ended with *code* has to say."""
    started = not output.startswith("setpriv: failed to execute")
    return (CommandFailed if started else NotStarted)(program, code, output)


def _prefix(identity: Identity | None) -> list[str]:
    prefix = ["setpriv", "--pdeathsig", "KILL"]
    if identity is not None and identity.uid != os.geteuid():
        prefix += [f"--reuid={identity.uid}", f"--regid={identity.gid}", "--clear-groups", "--no-new-privs"]
    return [*prefix, "--"]
