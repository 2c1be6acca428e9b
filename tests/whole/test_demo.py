"""The demo on a terminal: drawn live, broken off with Ctrl-C at any time, and taken up again."""

from __future__ import annotations

import os
import pty
import re
import shlex
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.servers.own_panel import CHECKOUT
from tests.whole.panel import Panel, a_panel

pytestmark = pytest.mark.host
CTRL_C = b"\x03"
PATIENCE = 300.0


@pytest.fixture(scope="module")
def fresh() -> Iterator[Panel]:
    """For the tests of this file, in their order."""
    with a_panel() as panel:
        yield panel


class Terminal:
    """``./panel`` with somebody in front of it. *text* is what was printed so far, without colours and moves."""

    def __init__(self, panel: Panel, *words: str) -> None:
        self.text = ""
        self.ended: int | None = None
        self.pid, self.screen = pty.fork()
        if not self.pid:
            os.chdir(CHECKOUT)
            os.execve(panel.argv()[0], panel.argv(*words), panel.environment(TERM="xterm", COLUMNS="120"))  # noqa: S606

    def reads(self, until: str) -> str:
        """Read on until *until* was printed, or to the end."""
        deadline = time.monotonic() + PATIENCE
        while until not in self.text and self.ended is None:
            assert time.monotonic() < deadline, self.text
            self._read()
        assert until in self.text, self.text
        return self.text

    def presses(self, key: bytes) -> None:
        os.write(self.screen, key)

    def code(self) -> int:
        """Its exit code, when it has ended."""
        while self.ended is None:
            self._read()
        return self.ended

    def _read(self) -> None:
        printed = b""
        with suppress(OSError):  # the other end is closed
            printed = os.read(self.screen, 65536)
        self.text += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", printed.decode(errors="replace")).replace("\r\n", "\n")
        if not printed:
            self.ended = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
            os.close(self.screen)


def test_ctrl_c_in_the_middle_of_the_creation_leaves_no_process(fresh: Panel) -> None:
    demo = Terminal(fresh, "demo")
    demo.reads("✓  Site directory")
    demo.presses(CTRL_C)
    assert demo.code() == 0, demo.text
    assert "Stopping." in demo.text
    assert "Traceback" not in demo.text
    assert fresh.wait_for_no_processes() == {}


def test_the_next_demo_carries_on_where_that_was_broken_off(fresh: Panel) -> None:
    said = fresh("demo", "--check")
    assert said.code == 0, said
    assert "answers 200 with the WordPress site" in said.err
    assert re.search(r"user admin  password \S{12,}  \(shown once\)", said.err)
    assert "./panel operation reveal 1 --credentials-file F" in said.err
    assert fresh.wait_for_no_processes() == {}


def test_on_a_terminal_the_passwords_are_told_and_the_curl_lines_can_be_typed(fresh: Panel) -> None:
    demo = Terminal(fresh, "demo")
    text = demo.reads("Ctrl-C stops everything.")
    assert re.search(r"WordPress: https://shop\.localhost:\d+/wp-login\.php  user admin  password \S{20,}", text)
    lines = [line.strip() for line in text.splitlines() if line.strip().startswith("curl ")]
    assert len(lines) == 2
    for line in lines:
        page = subprocess.run([*shlex.split(line), "-sSL"], capture_output=True, text=True, timeout=60, check=True)
        assert "<title>" in page.stdout
    demo.presses(CTRL_C)
    assert demo.code() == 0, demo.text
    assert fresh.wait_for_no_processes() == {}
