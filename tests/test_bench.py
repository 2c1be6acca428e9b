"""The benchmarks can be run, and leave nothing. What they measure is no test's business: machines differ."""

from __future__ import annotations

import json
import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from apps.host import claims
from tests.bench.figure import Figure
from tests.parts.front import CACHE

CHECKOUT = Path(__file__).resolve().parents[1]


@pytest.mark.host
def test_figures_come_with_their_floors_and_nothing_is_left(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    argv = [sys.executable, "-m", "tests.bench", "step", "--runs", "1", "--json", str(file)]
    done = subprocess.run(argv, cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode in (0, 1), done.stderr
    written = json.loads(file.read_text())
    figures = [(figure["name"], figure["on"]) for figure in written["figures"]]
    assert figures == [("step", "SQLite and a folder"), ("step", "PostgreSQL and Redis")]
    for figure in written["figures"]:
        assert figure["floor"] > 0
        assert figure["value"] > 0
        assert figure["met"] is (figure["value"] <= figure["reach"])
        assert f"{figure['name']}: {figure['what']}, on {figure['on']}" in done.stdout
    for panel in written["panels"]:
        assert_gone(Path(panel["root"]), panel["instance"])


def assert_gone(root: Path, instance: str) -> None:
    assert not root.exists()
    assert str(root) not in {one.root for one in claims.read(CACHE / "instances.json")}
    assert not processes_that_name(root)
    own = f"fp{instance}-", f"fps-{instance}-"
    assert not [account.pw_name for account in pwd.getpwall() if account.pw_name.startswith(own)]


def processes_that_name(root: Path) -> list[str]:
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            found.append(Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace"))
        except OSError:
            continue  # it has just ended
    return [argv for argv in found if str(root) in argv]


def test_a_figure_that_is_too_high_is_not_met() -> None:
    figure = Figure("step", "a step", "ms", value=21.0, floor=7.0, floor_is="bare", reach=20.0, reach_is="20 ms")
    assert figure.met is False
    assert figure.ratio == 3
    assert figure.text().splitlines()[1] == (
        "  21.00 ms | floor 7.00 ms (bare) | ratio 3.00 | reach 20.00 ms (20 ms) | NOT MET | runs 1"
    )


def test_a_figure_without_a_reach_is_only_shown() -> None:
    figure = Figure("page", "a page", "ms", value=0.5)
    assert figure.met is None
    assert figure.text().splitlines()[1] == "  0.5 ms | runs 1"
