"""What a program, a site or a stranger said, fit to be shown: letters that can be seen, and nothing to be obeyed."""

from __future__ import annotations

UNSEEN = "\N{REPLACEMENT CHARACTER}"
LINES = "\n\t"


def printable(text: str, longest: int | None = None, keep: str = "") -> str:
    """The first *longest* letters of *text*, with UNSEEN for each that cannot be seen and is not one of *keep*."""
    text = text[:longest]
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() or letter in keep else UNSEEN for letter in text)


def one_line(text: str, longest: int | None = None) -> str:
    """The same of a text of several lines, which become one."""
    return printable(" ".join(text.split()), longest)
