"""What others said is shown as what can be seen of it, and shown only so far."""

from __future__ import annotations

import pytest

from apps.host.printable import LINES, UNSEEN, one_line, printable


@pytest.mark.parametrize("letter", ["\x1b", "\r", "\n", "\t", "\x00", "\u202e", "\u200b", "\ud800", "\x9b"])
def test_what_cannot_be_seen_is_shown_as_that(letter: str) -> None:
    assert printable(f"a{letter}é b") == f"a{UNSEEN}é b"


def test_lines_stay_where_they_are_wanted() -> None:
    assert printable("a\n\tb\x1b[2J", keep=LINES) == f"a\n\tb{UNSEEN}[2J"
    assert one_line("250-a\r\n  250 b\x1b") == f"250-a 250 b{UNSEEN}"


def test_what_is_too_long_is_cut() -> None:
    assert printable("x" * 9, 4) == one_line("x \n" * 9, 4).replace(" ", "x") == "xxxx"
