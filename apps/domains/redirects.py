"""What the two ends of a path redirect may look like.

They are written into the front's configuration, and Caddy's quoting does not hold: so neither has a brace (a
placeholder, a block), a quote, a backtick, a backslash, a dollar, a hash, a space or a line break.
"""

from __future__ import annotations

import re

PART = r"/[A-Za-z0-9._~+=@,-]+"
OURS = r"/\.frankenpanel(/|\Z)|/\.well-known/acme-challenge(/|\Z)"
PATH = re.compile(rf"\A(?!{OURS})(/|({PART})+/?|({PART})*/\*)\Z")
"""One path, or with ``/*`` at its end all that is below it. What the panel and Caddy answer themselves is none."""

MORE = r"[A-Za-z0-9._~+=@,%&?:;!/-]*"
TARGET = re.compile(rf"\A(/(?!/){MORE}|https?://([a-z0-9-]{{1,63}}\.)+[a-z0-9-]{{2,63}}(:[0-9]{{1,5}})?(/{MORE})?)\Z")
"""A path of the same name, or an address of another."""
