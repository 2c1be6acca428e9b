"""A value as the text that a language reads back as the same value. One function for each language."""

from __future__ import annotations

import re

PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,-]+")
SPECIAL = re.compile(r"['\n\r]|=\"")
DOTENV = {"\\": r"\\", '"': r"\"", "$": r"\$", "\n": r"\n", "\r": r"\r"}


def php(value: str) -> str:
    """*value* as a PHP string in single quotes, in which only the backslash and the quote mean something."""
    escaped = _text(value).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def dotenv(value: str) -> str:
    """*value* for a ``.env`` file, in the form that the fewest readers disagree on.

    As it is, else in single quotes, where nothing has a meaning. Double quotes are for a quote, a line break and
    ``="``, which vlucas/phpdotenv takes for the beginning of several lines; all escapes are as it reads them.
    """
    if PLAIN.fullmatch(_text(value)):
        return value
    if not SPECIAL.search(value):
        return f"'{value}'"
    escaped = "".join(DOTENV.get(letter, letter) for letter in value)
    return f'"{escaped}"'


def _text(value: str) -> str:
    """*value*, if a file can hold it. Raises ValueError."""
    if "\0" in value:
        raise ValueError("A value of the configuration has a NUL in it; no configuration file can hold that.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("A value of the configuration is not text (half a character); correct it.") from None
    return value
