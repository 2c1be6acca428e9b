"""Worker Start 1 to 3: the command, the process in the background, its output into the log.

The process is nobody's child, leads a session of its own, and has no open file of ours but its lock and its log.
Its environment is empty save for the token of this start: PHP shows the environment to every visitor.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess

from apps.host.command import PATH, Identity
from apps.host.errors import Refused
from apps.host.folders import spoken
from apps.host.supervisor import Worker
from apps.host.supervisor.find import is_own_user

FILES = 16384
PROCESSES = 256
LOG = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


def launch(worker: Worker, lock: int, token: str) -> int:
    """Start the server, which inherits the *lock*. Returns the number just before its own, as a place to look."""
    log = open_log(worker)
    try:
        starter = subprocess.Popen(
            command(worker),
            env={"SITE_INSTANCE": token},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(lock,),
            start_new_session=True,
            umask=0o077,
        )
    finally:
        os.close(log)
    starter.wait()  # it has only split off the server, which nobody waits for
    return starter.pid


def command(worker: Worker) -> list[str]:
    """Worker Start 1: port and root directory stand in the configuration.

    ``setpriv`` keeps its right to reach every file until it has started a program: so the limits come behind it.
    """
    server = [str(worker.binary), "run", "--config", str(worker.config)]
    return [_program("setsid"), "--fork", *privileges(worker.identity), "--", *limits(worker.identity), *server]


def open_log(worker: Worker) -> int:
    """Never through a link. Refused when it is one, when its folder is not there, and on a full disk."""
    if worker.log.is_symlink():
        raise Refused(f"{worker.log} is a link, where the log should be; remove it.")
    with spoken(worker.log):
        return os.open(worker.log, LOG, 0o640)


def limits(identity: Identity) -> list[str]:
    """Of everything that runs as a site's user."""
    limits = ["--core=0", f"--nofile={_at_most(FILES, resource.RLIMIT_NOFILE)}"]
    if is_own_user(identity):  # the kernel counts all processes of a user, so this would count the caller's too
        limits.append(f"--nproc={_at_most(PROCESSES, resource.RLIMIT_NPROC)}")
    return [_program("prlimit"), *limits]


def _at_most(wanted: int, limit: int) -> int:
    """Not more than this process has, which could not be given."""
    _, hard = resource.getrlimit(limit)
    return wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)


def privileges(identity: Identity) -> list[str]:
    """Become that user, and nobody else from then on."""
    if not is_own_user(identity):
        return [_program("setpriv"), "--no-new-privs"]
    user = [f"--reuid={identity.uid}", f"--regid={identity.gid}", "--clear-groups"]
    return [_program("setpriv"), *user, "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all"]


def _program(name: str) -> str:
    found = shutil.which(name, path=PATH)
    if found is None:
        raise Refused(f"The program {name} is not there; install the package util-linux.")
    return found
