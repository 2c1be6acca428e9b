"""What was asked for, in the form that is kept: a check for each name gives it, or says what it wants instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from apps.operations.refusals import Invalid

Check = Callable[[Any], Any]
SHOWN = 60


def checked(checks: Mapping[str, Check], asked: Mapping[str, Any]) -> dict[str, Any]:
    """*asked* in normal form. Raises Invalid with what a check's ValueError wants: "a port from 1 to 65535"."""
    found = {}
    for name, value in asked.items():
        try:
            found[name] = checks[name](value)
        except ValueError as wanted:
            shown = str(value)[:SHOWN].encode("unicode_escape").decode()
            raise Invalid(name, f"{name.replace('_', ' ').capitalize()}: {shown!r} is not {wanted}.") from None
    return found
