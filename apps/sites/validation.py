"""What a new site may be called and be."""

from __future__ import annotations

from apps.operations.refusals import Invalid
from apps.sites.kinds import KINDS
from apps.sites.kinds.base import Kind

LONGEST = 100


def check_name(name: str) -> str:
    """The name as it will be shown. Raises Invalid with a sentence."""
    name = name.strip(" ")
    if not name or len(name) > LONGEST:
        raise Invalid("name", f"A site's name has 1 to {LONGEST} characters, not {len(name)}; choose another.")
    if not name.isprintable():
        raise Invalid("name", "A site's name has no line breaks or control characters; remove them.")
    if name[0] in "-." or "/" in name or "\\" in name:
        raise Invalid("name", "A site's name does not begin with - or . and has no slashes; choose another.")
    if not any(character.isalnum() for character in name):
        raise Invalid("name", "A site's name has at least one letter or digit; add one.")
    return name


def check_kind(kind: str) -> Kind:
    """The kind of that key. Raises Invalid with the kinds there are."""
    if kind not in KINDS:
        raise Invalid("kind", f"There is no kind {kind[:40]!r}; choose one of {', '.join(sorted(KINDS))}.")
    return KINDS[kind]
