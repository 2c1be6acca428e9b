"""Why the front has no certificate for a name: its own log is where it says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from apps.host.printable import printable
from apps.host.tail import last_lines

LINES, LONGEST = 1000, 500
BROKEN_OFF = "context canceled"
"""No reason: another configuration was loaded meanwhile, and the order is taken up anew."""


def why_no_certificate(log: Path, host: str) -> str:
    """Caddy's reason, from the last of its lines about an order for *host* that failed; empty where there is none."""
    for line in reversed(last_lines(log, LINES)):
        said = _read(line)
        error = str(said.get("error", ""))
        if said.get("identifier") == host and said.get("level") == "error" and error and BROKEN_OFF not in error:
            return printable(error, LONGEST)
    return ""


def _read(line: str) -> dict[str, Any]:
    try:
        said = json.loads(line)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
