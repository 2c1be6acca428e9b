"""Telling the runners of a whole panel where to end: see ``dying``."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from apps.host.services import STARTED
from tests.whole.panel import Panel, until

RUNNER = "[program:runner]"
SECOND = "second"


def control(panel: Panel, *words: str) -> None:
    """supervisorctl, as somebody would use it who looks after the panel."""
    argv = [sys.executable, "-m", "supervisor.supervisorctl", "-s", f"unix://{panel.services.socket}", *words]
    subprocess.run(argv, check=True, capture_output=True, timeout=120)


class Orders:
    """Of *panel*: its runner obeys them, and so does a second one for the same queue, where that is started."""

    def __init__(self, panel: Panel, folder: Path) -> None:
        self.panel = panel
        self.folder = folder

    def give(self, point: str, how: str, nth: int = 1) -> None:
        """At the *nth* pass of *point* from the last ``clear`` on."""
        (self.folder / f"{point}-{nth}-{how}.json").write_text(json.dumps({"point": point, "nth": nth, "how": how}))

    def clear(self) -> None:
        for file in self.folder.iterdir():
            file.unlink()

    def obeyed(self, how: str) -> int | None:
        """The PID of the process that has obeyed the order *how*, once it has."""
        found = next(self.folder.glob(f"*-{how}.[0-9]*"), None)
        return int(found.suffix[1:]) if found else None

    def obeyed_at(self, how: str) -> float:
        """When that was, by the clock."""
        return next(self.folder.glob(f"*-{how}.[0-9]*")).stat().st_ctime

    def wake(self) -> None:
        """Let the one that stands still go on."""
        pid = self.obeyed("stop")
        assert pid
        os.kill(pid, signal.SIGCONT)

    def passed(self, point: str) -> list[int]:
        """Who passed *point*, in order."""
        lines = (self.folder / "passed").read_text().splitlines()
        return [int(line.split()[1]) for line in lines if line.split()[0] == point]

    def start(self, runner: str) -> None:
        control(self.panel, "start", runner)
        until(lambda: self.panel.services.process(runner).state == STARTED, what=f"the start of {runner}")


@contextmanager
def obedient_runners(panel: Panel) -> Iterator[Orders]:
    """The panel's own runner, with the same command line but for what makes it obey. Put right again afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="fpw-orders-", dir="/var/tmp"))
    config = panel.services.config
    before = config.read_text()
    orders = Orders(panel, folder)
    try:
        head, _, rest = before.partition(f"{RUNNER}\n")
        program, _, rest = rest.partition("\n\n")
        program = program.replace(" -- env ", f" -- env FP_ORDERS={folder} ")
        program = program.replace(" -P prefork ", " -I tests.whole.dying -P prefork ")
        assert program.count("dying") == program.count("FP_ORDERS") == 1
        second = program.replace("runner@", f"{SECOND}@").replace("/runner.log", f"/{SECOND}.log")
        config.write_text(f"{head}{RUNNER}\n{program}\n\n[program:{SECOND}]\n{second}\n\n{rest}")
        control(panel, "update")
        orders.start("runner")
        yield orders
    finally:
        config.write_text(before)
        control(panel, "update")
        orders.start("runner")
        shutil.rmtree(folder)
