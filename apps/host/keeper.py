"""The program that runs one job of a site and answers for it; one file, started by a bare interpreter.

Nothing imports it. Standard input is ``{"argv": […], "env": {…}, "cwd": "…", "seconds": 300}`` as JSON; the answer, on
standard output, is ``{"code": 0, "late": false, "head": "…", "tail": "…", "left_out": 0}``: the first and the last of
what the job said. *code* is below zero where a signal ended it.

Whatever the job starts, and be it as a daemon, becomes a child of this process when its own parent ends
(PR_SET_CHILD_SUBREAPER), and ends with the job. This process is the panel's, not the site's user's, so that no job can
end it and be rid of it.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import time
from typing import Any

SUBREAPER = 36
SHOWN = 8192
CHUNK = 65536
ENDING = 5.0


class Output:
    """The first and the last bytes of it; what lies between is counted."""

    def __init__(self) -> None:
        self.head, self.tail, self.total = b"", b"", 0

    def take(self, data: bytes) -> None:
        self.total += len(data)
        room = SHOWN - len(self.head)
        self.head += data[:room]
        self.tail = (self.tail + data[room:])[-SHOWN:] if room < len(data) else self.tail

    def told(self) -> dict[str, Any]:
        left_out = self.total - len(self.head) - len(self.tail)
        texts = {"head": self.head, "tail": self.tail}
        return {**{name: text.decode(errors="replace") for name, text in texts.items()}, "left_out": left_out}


def main() -> None:
    asked = json.load(sys.stdin)
    ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
    output = Output()
    try:
        job, said_by_it = start(asked)
    except OSError as error:
        said = {"code": 127, "late": False, **output.told(), "head": f"{asked['argv'][0]}: {error.strerror}"}
    else:
        late = not listen(job, said_by_it, output, time.monotonic() + asked["seconds"])
        end_all(job)
        drain(said_by_it, output)
        said = {"code": job.returncode, "late": late, **output.told()}
    sys.stdout.write(json.dumps(said))


def start(asked: dict[str, Any]) -> tuple[subprocess.Popen[bytes], int]:
    """In a session of its own, with what it says in a pipe. It inherits the lock that stands for the run."""
    reading, writing = os.pipe()
    try:
        job = subprocess.Popen(
            asked["argv"],
            env=asked["env"],
            cwd=asked["cwd"],
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=writing,
            close_fds=False,
            start_new_session=True,
            umask=0o027,
        )
    finally:
        os.close(writing)
    return job, reading


def listen(job: subprocess.Popen[bytes], pipe: int, output: Output, until: float) -> bool:
    """Take what it says until it has ended. False when its time was over first."""
    ended = os.pidfd_open(job.pid)
    poll = select.poll()
    poll.register(ended, select.POLLIN)
    poll.register(pipe, select.POLLIN)
    while (left := until - time.monotonic()) > 0:
        ready = dict(poll.poll(left * 1000))
        if pipe in ready:
            data = os.read(pipe, CHUNK)
            output.take(data)
            if not data:
                poll.unregister(pipe)
        elif ended in ready:
            return True
    return False


def end_all(job: subprocess.Popen[bytes]) -> None:
    """Kill whatever is left of it. All are stopped before any is killed, so that none can start another meanwhile."""
    until = time.monotonic() + ENDING
    frozen: set[int] = set()
    while time.monotonic() < until:
        found = descendants()
        for pid in found - frozen or found:
            send(pid, signal.SIGSTOP if found - frozen else signal.SIGKILL)
        frozen |= found
        if not found and not reap(job):
            return
        reap(job)
        time.sleep(0.002)


def reap(job: subprocess.Popen[bytes]) -> bool:
    """Take leave of those that have ended. False when there is no child any more."""
    try:
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            if ended[0] == job.pid:
                job.returncode = os.waitstatus_to_exitcode(ended[1])
    except ChildProcessError:
        return False
    return True


def descendants() -> set[int]:
    """Every process below this one that is not merely a dead one's remains."""
    parents: dict[int, int] = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            state, parent = stat_of(name).rpartition(b") ")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state not in (b"Z", b"X"):
            parents[int(name)] = int(parent)
    return {pid for pid in parents if is_below(pid, parents)}


def stat_of(pid: str) -> bytes:
    descriptor = os.open(f"/proc/{pid}/stat", os.O_RDONLY)
    try:
        return os.read(descriptor, 4096)
    finally:
        os.close(descriptor)


def is_below(pid: int, parents: dict[int, int]) -> bool:
    while pid in parents:
        pid = parents[pid]
        if pid == os.getpid():
            return True
    return False


def send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def drain(pipe: int, output: Output) -> None:
    """What still stands in the pipe; nobody is left to write into it."""
    os.set_blocking(pipe, False)
    try:
        while data := os.read(pipe, CHUNK):
            output.take(data)
    except BlockingIOError:
        return


if __name__ == "__main__":
    main()
