"""Where a value stands in a ``.env``, read as vlucas/phpdotenv reads it; what others read differently is not found."""

from __future__ import annotations

import re
from collections.abc import Sequence

from apps.databases.literals import Literal

LINE = re.compile(
    rb"""^[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_.][A-Za-z0-9_.]*)[ \t]*=[ \t]*
    (?:"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>[^'\r\n]*)'|(?P<plain>[^\s"'\#]*))
    (?P<rest>[^\r\n]*)\r?$""",
    re.MULTILINE | re.VERBOSE | re.DOTALL,
)
ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t"}


def find(text: bytes, names: Sequence[str]) -> dict[str, list[Literal]]:
    """Every plain value that each of *names* is given in *text*. None where one of them is made of other variables."""
    found: dict[str, list[Literal | None]] = {name: [] for name in names}
    at = 0
    while line := LINE.search(text, at):
        at = max(line.end(), at + 1)
        name = line["name"].decode()
        if name in found:
            found[name].append(_literal(line))
    return {name: [place for place in places if place] if all(places) else [] for name, places in found.items()}


def _literal(line: re.Match[bytes]) -> Literal | None:
    kind = next(kind for kind in ("double", "single", "plain") if line[kind] is not None)
    rest, text = line["rest"].strip(), line[kind]
    if rest and not rest.startswith(b"#"):
        return None
    if kind != "single" and re.search(rb"(?<!\\)(?:\\\\)*\$", text):
        return None
    value = re.sub(rb"\\(.)", lambda found: ESCAPED.get(found[1], found[1]), text) if kind == "double" else text
    quote = 0 if kind == "plain" else 1
    try:
        return Literal(line.start(kind) - quote, line.end(kind) + quote, value.decode())
    except UnicodeDecodeError:
        return None
