"""``./panel bench [NAME …] [--on BACKEND] [--json F] [--share S]``: each figure beside its floor, from the same run.

Ends with 1 when a figure is not met, and with 2 when one could not be taken.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import traceback
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from apps.host import waiting
from apps.host.errors import HostError
from tests.bench.backends import BACKENDS, EMBEDDED, SERVERS
from tests.bench.figure import Figure
from tests.bench.private import Panel, private_panel, say
from tests.bench.waiting import ending

BENCHES = {
    EMBEDDED: (
        *("step", "request", "memory", "site", "page", "start", "stop", "rotation"),
        *("loads", "domain", "domain_memory", "archive", "drill", "saving"),
    ),
    SERVERS: ("step", "memory", "allocation", "twenty"),
}
"""In this order: what needs no servers first, and memory before the runners have done much."""
NAMES = sorted({name for names in BENCHES.values() for name in names})
NOT_MET, NOT_TAKEN, BROKEN_OFF = 1, 2, 130


def main() -> int:
    options = _options()
    wanted = {
        on: [name for name in names if name in options.name or not options.name]
        for on, names in BENCHES.items()
        if options.on in (None, on)
    }
    chosen = {on: names for on, names in wanted.items() if names}
    machine: dict[str, Any] = {"cores": len(os.sched_getaffinity(0)), "load": os.getloadavg()[0]}
    say("{cores} cores, of which others were using {load:.1f} in the last minute.".format(**machine))
    if not chosen:
        raise HostError(f"No figure of these is taken on {BACKENDS[options.on]}.")
    # Django's settings are read once in a process
    take = _take if len(chosen) == 1 else _take_in_a_child
    found = [take(on, names, options.runs) for on, names in chosen.items()]
    figures = [figure for one in found for figure in one["figures"]]
    if options.json:
        shape = {"machine": machine, "panels": [one["panel"] for one in found], "figures": figures}
        options.json.write_text(json.dumps(shape, indent=1) + "\n")
    taken = {(figure["name"], figure["on"]) for figure in figures}
    if any((name, BACKENDS[on]) not in taken for on, names in chosen.items() for name in names):
        return NOT_TAKEN
    return NOT_MET if any(figure["met"] is False for figure in figures) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./panel bench", description=__doc__)
    parser.add_argument("name", nargs="*", choices=[*NAMES, []], metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--on", choices=BACKENDS, help="take the figures of this one alone")
    parser.add_argument("--json", type=Path, metavar="F", help="write the figures to this file too")
    parser.add_argument("--runs", type=int, metavar="N", help="repeat each this many times")
    parser.add_argument("--share", type=float, default=1.0, metavar="S", help="take S of the large site, as in 0.1")
    options = parser.parse_args()
    os.environ["BENCH_SHARE"] = str(options.share)  # for the processes that take the figures
    return options


def _take_in_a_child(on: str, names: list[str], runs: int | None) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "figures.json"
        argv = [sys.executable, "-m", "tests.bench", *names, "--on", on, "--json", str(file)]
        with ending(subprocess.Popen([*argv, *(["--runs", str(runs)] if runs else [])])) as child:
            child.wait()
        if not file.exists():
            raise HostError(f"The benchmarks on {BACKENDS[on]} ended with code {child.returncode}.")
        written = json.loads(file.read_text())
        return {"panel": written["panels"][0], "figures": written["figures"]}


def _take(on: str, names: list[str], runs: int | None) -> dict[str, Any]:
    with private_panel(on) as panel:
        figures = [figure for name in names for figure in _measure(panel, name, on, runs)]
        known = {"on": on, "root": str(panel.places.root), "instance": panel.places.instance}
    return {"panel": known, "figures": [figure.shape() for figure in figures]}


def _measure(panel: Panel, name: str, on: str, runs: int | None) -> list[Figure]:
    """The figures, printed at once; none when they could not be taken, and the others still are. One has its name."""
    say(f"Measuring {name} on {BACKENDS[on]} …")
    bench = import_module(f"tests.bench.{name}")
    try:
        measured: Figure | list[Figure] = bench.measure(panel, **({"runs": runs} if runs else {}))
    except (HostError, AssertionError, OSError) as error:
        traceback.print_exception(error)
        say(f"{name}: could not be taken: {error}")
        return []
    found = [measured] if isinstance(measured, Figure) else measured
    figures = [replace(figure, on=BACKENDS[on]) for figure in found]
    for figure in figures:
        print(figure.text() + "\n", flush=True)  # noqa: T201 - the result of a program
    return figures


if __name__ == "__main__":
    try:
        with waiting.until_ended():
            code = main()
    except waiting.Ended:
        code = BROKEN_OFF
    except HostError as error:
        say(f"bench: {error}")
        code = NOT_TAKEN
    sys.exit(code)
