"""``./panel bench [NAME …] [--json F]``: each figure beside its floor, from the same run.

Ends with 1 when a figure is not met, and with 2 when one could not be taken.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any

from apps.host import waiting
from apps.host.errors import HostError
from tests.bench.figure import Figure
from tests.bench.private import Panel, private_panel, say

NAMES = ("step", "request", "memory", "site", "page")
"""In this order: what needs no servers first, and memory before the runners have done much."""
NOT_MET, NOT_TAKEN, BROKEN_OFF = 1, 2, 130


def main() -> int:
    parser = argparse.ArgumentParser(prog="./panel bench", description=__doc__)
    parser.add_argument("name", nargs="*", choices=[*NAMES, []], metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--json", type=Path, metavar="F", help="write the figures to this file too")
    parser.add_argument("--runs", type=int, metavar="N", help="repeat each this many times")
    options = parser.parse_args()
    chosen = [name for name in NAMES if name in options.name or not options.name]
    figures: list[Figure] = []
    machine: dict[str, Any] = {"cores": len(os.sched_getaffinity(0)), "load": os.getloadavg()[0]}
    say("{cores} cores, of which others were using {load:.1f} in the last minute.".format(**machine))
    with private_panel() as panel:
        machine |= {"root": str(panel.places.root), "instance": panel.places.instance}
        for name in chosen:
            figures += _take(panel, name, options.runs)
    if options.json:
        shape = {"machine": machine, "figures": [figure.shape() for figure in figures]}
        options.json.write_text(json.dumps(shape, indent=1) + "\n")
    if len(figures) < len(chosen):
        return NOT_TAKEN
    return NOT_MET if any(figure.met is False for figure in figures) else 0


def _take(panel: Panel, name: str, runs: int | None) -> list[Figure]:
    """The figure, printed at once; none when it could not be taken, and the others still are."""
    say(f"Measuring {name} …")
    bench = import_module(f"tests.bench.{name}")
    try:
        figure = bench.measure(panel, **({"runs": runs} if runs else {}))
    except (HostError, AssertionError, OSError) as error:
        traceback.print_exception(error)
        say(f"{name}: could not be taken: {error}")
        return []
    print(figure.text() + "\n", flush=True)  # noqa: T201 - the result of a program
    return [figure]


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
