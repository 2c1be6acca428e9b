"""What of a site is not in its archive as it was, in words: the first of it, and how much it is in all."""

from __future__ import annotations

from apps.host.printable import printable

MOST, LONGEST = 200, 300


class Warnings:
    def __init__(self) -> None:
        self.texts: list[str] = []
        self.count = 0

    def add(self, path: bytes, why: bytes) -> None:
        """*path* and *why* are the site's words: cleaned and shortened."""
        self.count += 1
        if len(self.texts) < MOST:
            text = f"{path.decode(errors='replace')}: {why.decode(errors='replace')}."
            self.texts.append(printable(text, LONGEST))
