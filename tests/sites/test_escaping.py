from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from apps.sites.kinds.escaping import dotenv, php
from tests.sites.php import php as run_php

VALUES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
NASTY = st.text(st.sampled_from("ab'\"\\$#{}()`<?>;= \n\r\tü€😀"), max_size=12)
ATTACKS = ["'); system('id');//", "\n X=1", "\\", "\\'", "?><?php echo 1;", "${HOME}", "$(id)", '="', "it's\\\\", ""]


def read_dotenv(text: str) -> dict[str, str]:
    """What vlucas/phpdotenv 5 reads; every one of its escapes, and nothing after a closing quote."""
    entry = re.compile(r"""([A-Z_]+)=(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\s'"\\$\#]*))\n""", re.DOTALL)
    found: dict[str, str] = {}
    position = 0
    while position < len(text):
        match = entry.match(text, position)
        assert match, text[position:]
        name, double, single, plain = match.groups()
        found[name] = next(part for part in (single, plain, unescape(double)) if part is not None)
        position = match.end()
    return found


def unescape(double: str | None) -> str | None:
    if double is None:
        return None
    assert not re.search(r"(?<!\\)(?:\\\\)*\$", double), "a dollar sign begins a variable"
    meaning = {"n": "\n", "r": "\r", "\\": "\\", '"': '"', "$": "$"}
    return re.sub(r"\\(.)", lambda escape: meaning[escape[1]], double, flags=re.DOTALL)


@pytest.mark.host
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.one_of(VALUES, NASTY), min_size=40, max_size=60))
@example(ATTACKS)
def test_php_reads_back_what_was_escaped_for_it(values: list[str]) -> None:
    listed = ",\n".join(map(php, values))
    assert run_php(f"<?php echo json_encode([{listed}], JSON_THROW_ON_ERROR);") == values


@settings(max_examples=500)
@given(st.one_of(VALUES, NASTY))
@example("'); system('id');//")
@example("\n X=1")
@example('a="b')
def test_a_dotenv_reader_reads_back_what_was_escaped_for_it(value: str) -> None:
    text = f"BEFORE=1\nVALUE={dotenv(value)}\nAFTER=2\n"
    assert read_dotenv(text) == {"BEFORE": "1", "VALUE": value, "AFTER": "2"}


@settings(max_examples=500)
@given(st.one_of(VALUES, NASTY))
def test_no_value_makes_a_line_of_its_own_in_a_dotenv_file(value: str) -> None:
    assert not re.search(r"[\n\r]", dotenv(value))


@pytest.mark.parametrize("value", ["abc", "fp1a2b_shop_x7", "/run/frankenpanel/mysql/mysqld.sock", "https://a.test:7443"])
def test_what_needs_no_quotes_gets_none(value: str) -> None:
    assert dotenv(value) == value


@pytest.mark.parametrize("escape", [php, dotenv])
def test_what_no_file_can_hold_is_refused_with_a_sentence(escape: type) -> None:
    with pytest.raises(ValueError, match="NUL in it"):
        escape("a\0b")
    with pytest.raises(ValueError, match="half a character"):
        escape("\ud800")
