"""What of a site is not in its archive as it was, in words: the first of it, and how much it is in all."""

from __future__ import annotations

from apps.host.printable import printable

MOST, LONGEST_PATH, LONGEST_REASON = 200, 200, 90


class Warnings:
    def __init__(self) -> None:
        self.texts: list[str] = []
        self.count = 0

    def add(self, path: bytes, why: bytes) -> None:
        """*path* and *why* are the site's words: cleaned and shortened."""
        self.count += 1
        if len(self.texts) < MOST:
            where = path.decode(errors="replace")
            short = where if len(where) <= LONGEST_PATH else f"…{where[-LONGEST_PATH:]}"
            reason = why.decode(errors="replace")[:LONGEST_REASON]
            self.texts.append(printable(f"{short}: {reason}."))
