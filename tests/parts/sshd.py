"""A real sshd for a test: OpenSSH's, on loopback, with keys and a configuration of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from getpass import getuser
from ipaddress import ip_network
from pathlib import Path
from socket import create_connection

import pytest

from apps.host.addresses import Addresses
from apps.host.targets.sftp_session import SftpPlace
from tests.parts.relay import free_port

LOOPBACK = Addresses([ip_network("127.0.0.0/8")])
CONFIG = """\
ListenAddress 127.0.0.1:{port}
{host_keys}
PidFile none
AuthorizedKeysFile {folder}/authorized
StrictModes no
UsePAM no
PermitRootLogin prohibit-password
PasswordAuthentication {passwords}
KbdInteractiveAuthentication no
Subsystem sftp internal-sftp
LogLevel QUIET
"""
SEPARATION = Path("/run/sshd")


@dataclass
class Sshd:
    """Whoever runs the tests may come in with the private key in *folder*; others, where *passwords* are asked for."""

    folder: Path
    port: int
    host_keys: tuple[str, ...] = ("host_ed25519",)
    passwords: bool = False
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        config = self.folder / "config"
        keys = "\n".join(f"HostKey {self.folder}/{name}" for name in self.host_keys)
        passwords = "yes" if self.passwords else "no"
        config.write_text(CONFIG.format(port=self.port, folder=self.folder, host_keys=keys, passwords=passwords))
        argv = ["/usr/bin/setpriv", "--pdeathsig", "KILL", "--", "/usr/sbin/sshd", "-D", "-f", str(config)]
        self.process = subprocess.Popen(argv, cwd="/", start_new_session=True)
        until = time.monotonic() + 10
        while not self._answers():
            assert self.process.poll() is None, "sshd has ended"
            assert time.monotonic() < until, "sshd does not answer"
            time.sleep(0.01)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
            self.process = None

    def change(self, **facts: object) -> None:
        """Another configuration, from now on."""
        self.stop()
        for name, value in facts.items():
            setattr(self, name, value)
        self.start()

    def host_key(self, name: str) -> str:
        return (self.folder / f"{name}.pub").read_text()

    def place(self, target: Path | str, **facts: object) -> SftpPlace:
        words: dict[str, object] = {
            "host": "127.0.0.1",
            "user": getuser(),
            "folder": str(target),
            "host_key": self.host_key(self.host_keys[0]),
            "port": self.port,
            "private_key": (self.folder / "user").read_text(),
        }
        return SftpPlace(**{**words, **facts})  # type: ignore[arg-type]

    def _answers(self) -> bool:
        try:
            create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True


@contextmanager
def sshd(folder: Path) -> Iterator[Sshd]:
    if not shutil.which("sshd", path="/usr/sbin:/usr/bin"):
        pytest.skip("Debian's openssh-server is not installed")
    if os.geteuid() == 0:
        SEPARATION.mkdir(exist_ok=True)
    for name, kind in (("host_ed25519", "ed25519"), ("host_ecdsa", "ecdsa"), ("user", "ed25519")):
        argv = ["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(folder / name)]
        subprocess.run(argv, check=True)
    shutil.copy(folder / "user.pub", folder / "authorized")
    made = Sshd(folder, free_port())
    made.start()
    try:
        yield made
    finally:
        made.stop()


@contextmanager
def somebody(password: str) -> Iterator[str]:
    """A user of this machine with that *password*."""
    if os.geteuid() != 0:
        pytest.skip("only root can make a user")
    name = f"fpt-{os.urandom(4).hex()}"
    argv = ["openssl", "passwd", "-6", "-stdin"]
    hashed = subprocess.run(argv, input=password, capture_output=True, text=True, check=True).stdout.strip()
    subprocess.run(["useradd", "--no-create-home", "--system", "--password", hashed, name], check=True)
    try:
        yield name
    finally:
        subprocess.run(["userdel", "--force", name], check=True, capture_output=True)
