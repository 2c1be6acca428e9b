"""Loaded into a real runner with ``celery worker -I tests.whole.dying``: lets it end where the test's order says.

The order is a file, ``order.json`` in FP_ORDERS: ``{point, nth, how}``, obeyed once by whoever passes *point* for
the *nth* time. *how* is ``group`` (the runner and its pool are killed), ``child`` (only this process of the pool),
``stop`` (this process stands still until it is woken) or ``refuse``. Each pass is written down in ``passed``.
"""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

from apps.host.crash import CrashPoint
from apps.host.errors import Refused

ORDERS = Path(os.environ["FP_ORDERS"])


def passed(point: str) -> None:
    with (ORDERS / "passed").open("a") as diary:
        diary.write(f"{point} {os.getpid()}\n")
    for file in sorted(ORDERS.glob("*.json")):
        order = json.loads(file.read_text())
        if order["point"] == point and order["nth"] == (ORDERS / "passed").read_text().split().count(point):
            file.rename(file.with_suffix(f".{os.getpid()}"))
            _obey(order["how"])


def _obey(how: str) -> None:
    if how == "refuse":
        raise Refused("Told to refuse.")
    if how == "group":
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL if how == "child" else signal.SIGSTOP)


CrashPoint.passed = passed
