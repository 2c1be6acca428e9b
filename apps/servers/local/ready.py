"""Waiting until a server of the panel is really at work, and what to say when it does not get there."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from apps.host.caddy import Front
from apps.host.errors import Refused, Unavailable
from apps.host.local_http import ask_socket
from apps.host.mysql import MySQL
from apps.host.services import DEAD, STARTED, Services
from apps.host.tail import last_lines
from apps.servers.tasks import READY

Answers = Callable[[], None]
"""Returns when the server is at work, raises Unavailable when it is not yet."""
PATIENCE = 60.0
SHOWN = 8
BROKEN = 500


def wait(services: Services, name: str, answers: Answers, patience: float = PATIENCE) -> None:
    """Wait for the server *name*. Refused with its last lines when it dies, or does not answer in time."""
    until = time.monotonic() + patience
    while True:
        try:
            return answers()
        except Unavailable as error:
            state = services.process(name).state
            if state in DEAD or time.monotonic() > until:
                what = "ended" if state in DEAD else f"is not at work after {patience:g} seconds"
                raise Refused(_failure(services, name, what)) from error
        time.sleep(0.02)


def checks(services: Services, mysql: MySQL, frankenphp: Path) -> dict[str, Answers]:
    """How each server shows that it is at work. To be asked before they are started: a log may have old lines."""
    front = Front(settings.PLACES.front_admin, frankenphp, timeout=5)

    def front_answers() -> None:
        front.current()

    return {
        "mariadb": mysql.ping,
        "front": front_answers,
        "web": _web_answers,
        "runner": _said(services, "runner", READY),
        "runner-long": _said(services, "runner-long", READY),
        "runner-cron": _said(services, "runner-cron", READY),
        "beat": _runs(services, "beat"),
    }


def _web_answers() -> None:
    page = ask_socket(settings.PLACES.run / "panel" / "web.sock", settings.PANEL_HOST)
    if page.status >= BROKEN:
        raise Unavailable(f"The panel's web server answers {page.status}.")


def _said(services: Services, name: str, word: str) -> Answers:
    """It has printed *word* since now; a server that is running already has done so before."""
    log = services.log(name)
    running = services.process(name).state == STARTED
    start = log.stat().st_size if log.exists() else 0

    def answers() -> None:
        if not running and not any(word in line for line in last_lines(log, 1000, start)):
            raise Unavailable(f"{name} is not ready yet.")

    return answers


def _runs(services: Services, name: str) -> Answers:
    def answers() -> None:
        if services.process(name).state != STARTED:
            raise Unavailable(f"{name} is not started yet.")

    return answers


def _failure(services: Services, name: str, what: str) -> str:
    log = services.log(name)
    lines = last_lines(log, SHOWN) or [services.process(name).error]
    return "\n  ".join([f"The panel's {name} {what}. The last of {log}:", *lines])
