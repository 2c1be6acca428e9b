"""Programs that bytes flow through: what one prints is read as it comes, what another takes is written as it can.

Nothing is kept whole in memory or on the disk. While a program is slow the caller's *waiting* is called about once a
second, and may raise: then the program is killed, as it is when anything else goes wrong on the way.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from select import select

from apps.host.command import Identity, failure, start
from apps.host.errors import CommandFailed

CHUNK = 1 << 20
PATIENCE = 1.0
TAIL = 4000
Waiting = Callable[[], None]


def at_ease() -> None:
    """Nobody wants to break it off."""


class Stream:
    """A started program: *read* what it prints, *write* what it takes, and *end* it."""

    def __init__(self, name: str, program: subprocess.Popen[bytes], errors: int, waiting: Waiting) -> None:
        self.name = name
        self._program = program
        self._errors = errors
        self._waiting = waiting
        self._output = program.stdout.fileno() if program.stdout else -1
        self._input = program.stdin.fileno() if program.stdin else -1
        if program.stdin:
            os.set_blocking(self._input, False)
        for pipe in filter(None, (program.stdin, program.stdout)):
            with suppress(OSError):  # whoever has many pipes open gets small ones
                fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, CHUNK)

    def read(self, most: int = CHUNK) -> bytes:
        """What it has printed, at most so many bytes; none once it has closed its output."""
        while not select([self._output], [], [], PATIENCE)[0]:
            self._waiting()
        return os.read(self._output, most)

    def chunks(self) -> Iterator[bytes]:
        """All that it prints, to its end. Raises CommandFailed where that was no good end."""
        while chunk := self.read():
            yield chunk
        self.end()

    def write(self, chunk: bytes | memoryview) -> int:
        """Hand over all of *chunk*. Raises CommandFailed when the program takes no more."""
        left = memoryview(chunk)
        try:
            while left:
                if select([], [self._input], [], PATIENCE)[1]:
                    left = left[os.write(self._input, left[:CHUNK]) :]
                else:
                    self._waiting()
        except BrokenPipeError:
            self.end()
            raise failure(self.name, 0, self.said() or "it took no more of what it was given") from None
        return len(chunk)

    def end(self) -> None:
        """Close its input and wait for its end. Raises CommandFailed for an exit code other than 0."""
        if self._program.stdin:
            with suppress(BrokenPipeError):
                self._program.stdin.close()
        while self._program.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                self._program.wait(PATIENCE)
                break
            self._waiting()
        if self._program.returncode:
            raise self.failed()

    def failed(self) -> CommandFailed:
        return failure(self.name, self._program.returncode, self.said())

    def said(self) -> str:
        """The last of what it printed as errors."""
        size = os.fstat(self._errors).st_size
        return os.pread(self._errors, TAIL, max(0, size - TAIL)).decode(errors="replace").strip()

    def kill(self) -> None:
        """It being over already is no error."""
        self._program.kill()
        self._program.wait()
        for pipe in (self._program.stdin, self._program.stdout):
            if pipe:
                with suppress(BrokenPipeError):
                    pipe.close()


@contextmanager
def streaming(
    argv: Sequence[str | Path],
    *,
    identity: Identity | None = None,
    files: Sequence[int] = (),
    takes: bool = False,
    prints: bool = False,
    waiting: Waiting = at_ease,
) -> Iterator[Stream]:
    """Start *argv*, as *identity* if given. It *takes* what is written to it, and *prints* what is to be read."""
    errors = os.memfd_create("errors")
    try:
        pipes = {"stdin": takes, "stdout": prints}
        program = start(
            argv,
            identity=identity,
            files=files,
            stderr=errors,
            **{name: subprocess.PIPE for name, wanted in pipes.items() if wanted},
        )
        stream = Stream(str(argv[0]), program, errors, waiting)
        try:
            yield stream
        finally:
            stream.kill()
    finally:
        os.close(errors)
