"""A panel of the tests' own, run through ``./panel`` as a person runs it, and removed without a trace."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from apps.host import claims
from apps.host.apart import set_apart
from apps.host.users import Users
from apps.servers.local.instance import read_environment
from frankenpanel.places import Places

CHECKOUT = Path(__file__).parents[2]
FOREIGN = ("FRANKENPANEL_", "CELERY_", "DATABASE_URL")
CACHE = Path(os.environ.get("FRANKENPANEL_CACHE", "/var/cache/frankenpanel"))


@dataclass(frozen=True)
class OwnPanel:
    """*root* is the panel's; the rest is known once it was started."""

    root: Path

    @property
    def settings(self) -> dict[str, str]:
        return read_environment(self.root)

    @property
    def places(self) -> Places:
        found = self.settings
        return Places(self.root, Path(found["FRANKENPANEL_RUN"]), CACHE, found["FRANKENPANEL_INSTANCE"])

    def start(self, *arguments: str, **env: str) -> subprocess.Popen[str]:
        keep = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        mine = {"FRANKENPANEL_ROOT": str(self.root), "FRANKENPANEL_CACHE": str(CACHE)}
        return subprocess.Popen(
            [CHECKOUT / "panel", *arguments],
            env={**keep, **mine, **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str, **env: str) -> tuple[int, str]:
        """The exit code, and what it printed on both streams."""
        process = self.start(*arguments, **env)
        printed, _ = process.communicate(timeout=900)
        return process.returncode, printed

    def processes(self) -> dict[int, str]:
        """The command lines of everything that runs for this panel."""
        found = {}
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                where = str((entry / "cwd").readlink())
            except OSError:
                continue
            if re.search(rf"{re.escape(str(self.root))}\b", f"{line} {where} {_environment(entry)}"):
                found[int(entry.name)] = line
        return {pid: line for pid, line in found.items() if pid != os.getpid()}

    def wait_for_no_processes(self, seconds: float = 20) -> dict[int, str]:
        until = time.monotonic() + seconds
        while (left := self.processes()) and time.monotonic() < until:
            time.sleep(0.05)
        return left


@contextmanager
def own_panel() -> Iterator[OwnPanel]:
    root = Path(tempfile.mkdtemp(prefix="fpt-p-", dir="/var/tmp"))
    root.chmod(0o755)
    set_apart(root)
    panel = OwnPanel(root)
    try:
        yield panel
    finally:
        if panel.settings:
            _remove(panel)
        shutil.rmtree(root)


def _remove(panel: OwnPanel) -> None:
    panel.run("down")
    for pid in panel.processes():
        os.kill(pid, signal.SIGKILL)
    places = panel.places
    if os.geteuid() == 0:
        stem = places.site_user(0).removesuffix("0")
        for name in [account.pw_name for account in pwd.getpwall() if account.pw_name.startswith(stem)]:
            Users(places, separate=True).remove(name)
        subprocess.run(["userdel", "--force", places.panel_user], check=False, capture_output=True)
    shutil.rmtree(places.run, ignore_errors=True)
    claims.forget(CACHE, panel.root)


def _environment(entry: Path) -> str:
    try:
        return (entry / "environ").read_bytes().decode(errors="replace")
    except OSError:
        return ""
