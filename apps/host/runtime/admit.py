"""Whether a further FrankenPHP may run sites. It is started as a user without rights, never as root."""

from __future__ import annotations

import os
from pathlib import Path
from pwd import getpwnam

from apps.host.command import Identity
from apps.host.errors import Refused, Unavailable
from apps.host.reach import changeable, startable
from apps.host.runtime.probe import Version, examine, too_old

NOBODY = "nobody"


def admit(binary: Path) -> Version:
    """What *binary* says of itself. Refused with a sentence when no site could run on it, or none should.

    A PHP that is not thread safe is admitted: it answers one request at a time.
    """
    if not _is_there(binary):
        raise Refused(f"There is no program {binary} on this server; look at the path.")
    if weak := changeable(binary):
        raise Refused(f"{weak} can be changed by others than root, and sites would run {binary}; install it elsewhere.")
    root = os.geteuid() == 0
    if not (startable(binary) if root else os.access(binary, os.X_OK)):
        raise Refused(f"{binary} cannot be started by the sites' users; correct its mode, or install it elsewhere.")
    try:
        version = examine(binary, _nobody() if root else None)
    except Unavailable as error:
        raise Refused(f"{binary} does not answer when it is asked for its version, so it is not FrankenPHP.") from error
    if reason := too_old(version):
        raise Refused(f"{binary} {reason}; install a newer one.")
    return version


def _is_there(binary: Path) -> bool:
    try:
        return binary.is_file()
    except OSError:
        return False  # we may not look, or its name is too long: for the panel there is nothing


def _nobody() -> Identity:
    account = getpwnam(NOBODY)
    return Identity(NOBODY, account.pw_uid, account.pw_gid)
