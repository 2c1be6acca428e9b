"""What of a site's ``.htaccess`` files does nothing here: nobody reads them, so people are told what stood in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from apps.host.printable import printable

MOST, LONGEST = 60, 160
WORDPRESS = ("# BEGIN WordPress", "# END WordPress")
"""What stands between these the panel does for each WordPress site."""
WITHOUT_EFFECT = ("<ifmodule", "</ifmodule", "rewriteengine", "rewritebase", "options", "directoryindex index")


def unread(texts: Mapping[bytes, bytes], root: bytes) -> list[str]:
    """``.htaccess, line 3: Redirect 301 /a /b``, of those below *root*; the first of them."""
    found: list[str] = []
    for path in sorted(texts):
        if path.startswith(root) and path.rpartition(b"/")[2] == b".htaccess":
            name = printable(path.removeprefix(root).decode(errors="replace"), LONGEST)
            found += [f"{name}, line {number}: {rule}" for number, rule in _rules(texts[path].decode(errors="replace"))]
    return found[:MOST]


def _rules(text: str) -> Iterator[tuple[int, str]]:
    known = False
    for number, line in enumerate(text.splitlines(), 1):
        rule = line.strip()
        known = rule == WORDPRESS[0] or (known and rule != WORDPRESS[1])
        if rule and not known and not rule.startswith("#") and not rule.lower().startswith(WITHOUT_EFFECT):
            yield number, printable(rule, LONGEST)
