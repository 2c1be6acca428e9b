"""Where a value stands in a PHP file: told by the parser of the site's own PHP, so that no second one may differ."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps.host.command import Identity
from apps.host.errors import CommandFailed, Refused
from apps.host.frankenphp import FrankenPHP

SCRIPT = Path(__file__).with_name("literals.php").read_text()


@dataclass(frozen=True)
class Literal:
    """A plain value: its text begins at byte *start* and ends before *end*."""

    start: int
    end: int
    value: str


def find(php: FrankenPHP, owner: Identity, form: str, text: bytes, names: Sequence[str]) -> dict[str, list[Literal]]:
    """Every plain text that a constant or property of *names* is given in *text*, in order.

    *form*: ``constant`` for ``define('NAME', 'value')``, ``property`` for ``public $name = 'value'``. One that is
    given something else than a text in quotes is not among them. Refused where PHP cannot read the file.
    """
    asked = json.dumps({"form": form, "names": list(names), "text": base64.b64encode(text).decode()})
    try:
        answer: dict[str, Any] = json.loads(php.script(owner, SCRIPT, asked.encode()))
        return {name: [_literal(text, *place) for place in answer[name]] for name in names}
    except (CommandFailed, ValueError, KeyError, TypeError) as error:
        raise Refused("PHP cannot read the site's configuration file; correct what is wrong in it first.") from error


def _literal(text: bytes, start: int, end: int, value: str) -> Literal:
    """What the site's PHP says, if it can be so at all."""
    if not 0 <= start < end <= len(text) or text[start : start + 1] not in (b"'", b'"'):
        raise ValueError("no literal stands there")
    return Literal(start, end, base64.b64decode(value).decode())
