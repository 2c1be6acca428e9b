"""What whoever starts a recovery has not said, and is asked at the terminal: a secret, and whether a server is the one.

The answers become words of the same command, for it goes on in another process where the code had to be copied. The
secret does not: it lies in memory, in a file that has no name, and the word says where that is open.
"""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from getpass import getpass
from urllib.parse import SplitResult

from apps.host.errors import Refused
from apps.host.targets.sftp_session import HostKey, host_key_of
from apps.servers.local.recovery.source import REACHED, address_of, port_of, shown

SECRETS = {"s3": "Secret key of {}: ", "sftp": "Password for {}: "}


def answers(asked: Namespace) -> list[str]:
    """The words that were missing. Refused where nobody is there to be asked."""
    named = address_of(asked)
    if named is None:
        return []
    words: list[str] = []
    if named.scheme == "sftp" and not asked.host_key:
        words += ["--host-key", str(_agreed(named))]
    if not asked.secret_file:
        words += ["--secret-file", _held(_secret(named))]
    return words


def _agreed(named: SplitResult) -> HostKey:
    key = host_key_of(named.hostname or "", port_of(named), REACHED)
    if not sys.stdin.isatty():
        raise Refused(f"{named.hostname} shows the key {key.fingerprint}. If that is its own, add --host-key '{key}'.")
    sys.stderr.write(f"{named.hostname} shows the key {key.fingerprint}.\nType yes if that is its own: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip() != "yes":
        raise Refused(f"Nothing was sent to {named.hostname}.")
    return key


def _secret(named: SplitResult) -> str:
    if not sys.stdin.isatty():
        raise Refused(f"{shown(named)} asks for a secret; write it into a file: --secret-file FILE.")
    return getpass(SECRETS[named.scheme].format(shown(named)))


def _held(secret: str) -> str:
    """Where it can be read by this process, and by what that becomes; by no program that it starts."""
    descriptor = os.memfd_create("secret", 0)
    os.write(descriptor, secret.encode())
    return f"/proc/self/fd/{descriptor}"
