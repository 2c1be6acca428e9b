"""Host names: what comes in, in which one form it is kept, and what is said to the rest."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.domains.hostname import LONGEST, is_normal, normalise
from tests.parts.hostile import HOSTILE, SPELLINGS

LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True).filter(lambda s: not s.startswith("xn--"))
NAMES = st.builds(
    lambda labels, last: ".".join([*labels, last]),
    st.lists(LABEL, min_size=1, max_size=4),
    st.from_regex(r"[a-z]{2,12}", fullmatch=True).filter(lambda s: s not in {"internal", "localhost", "localdomain"}),
)


def refusal(text: str, *, development: bool = False, reserved: tuple[str, ...] = ("panel.example.com",)) -> str:
    with pytest.raises(ValueError, match=r".") as caught:
        normalise(text, development=development, reserved=reserved)
    return str(caught.value)


def is_one_sentence(text: str) -> bool:
    visible = all(unicodedata.category(character)[0] not in "CZ" or character == " " for character in text)
    return visible and re.fullmatch(r".+[^.]\.", text) is not None and len(text) < 200


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_name_is_refused_with_a_sentence(text: str) -> None:
    assert is_one_sentence(refusal(text, development=True))


@pytest.mark.parametrize("text", ["a.ex {\n respond x\n}\nhttp://victim.ex", "a.ex{", "import /etc/passwd"])
def test_attack_1_a_name_cannot_break_out_of_the_caddyfile(text: str) -> None:
    assert "remove" in refusal(text)


@pytest.mark.parametrize("text", ["{$FP_SECRET_KEY}.ex", "{env.HOME}"])
def test_attack_3_a_name_cannot_read_the_environment(text: str) -> None:
    assert "remove “{”" in refusal(text)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x00", "\v", "\f", "\x85", "\u2028", "\u2029", " ", "\u00a0"])
def test_attack_5_a_name_that_ends_in_a_line_break_is_refused(end: str) -> None:
    assert "line breaks" in refusal("a.ex" + end)
    assert "line breaks" in refusal("a" + end + ".ex")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("panel.example.com", "the panel's own"),
        ("PANEL.Example.com.", "the panel's own"),
        ("localhost", "visitor's own machine"),
        ("LOCALHOST.", "visitor's own machine"),
        ("x.localhost", "visitor's own machine"),
        ("localhost.localdomain", "visitor's own machine"),
        ("127.0.0.1", "IP address"),
        ("127.1", "IP address"),
        ("0x7f.1", "IP address"),
        ("2130706433", "IP address"),
        ("203.0.113.7", "IP address"),
        ("[::1]", "IP address"),
        ("2001:db8::1", "IP address"),
        ("metadata.google.internal", "the server's own"),
        ("a.INTERNAL.", "the server's own"),
    ],
)
def test_attack_6_the_panels_and_the_machines_own_names_are_refused(text: str, says: str) -> None:
    sentence = refusal(text)
    assert says in sentence
    assert is_one_sentence(sentence)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Enter a host name"),
        (".", "Enter a host name"),
        ("a.test:8443", "no port"),
        ("http://a.test/", "no http://"),
        ("a.test/blog", "no path"),
        ("a\\b.test", "no path"),
        ("\u2100.test", "no path"),  # ℀ is written a/c
        ("*.a.test", "wildcard"),
        ("me@a.test", "e-mail"),
        ("a_b.test", "remove “_”"),
        ("a..test", "no empty part"),
        ("a.test..", "no empty part"),
        (".a.test", "no empty part"),
        ("-a.test", "hyphen"),
        ("a-.test", "hyphen"),
        ("shop", "at least two parts"),
        ("a" * 64 + ".test", "at most 63"),
        (".".join(["abcdefghi"] * 30) + ".test", "at most 253 bytes"),
        ("a" * 100_000, "at most 253 bytes"),
        ("xn--a.test", "not a host name"),
        ("xn--bcher-2pa.test", "not a host name"),  # bÜcher, which no browser sends
        ("é" * 60 + ".test", "not a host name"),
        ("😀.test", "not a host name"),
        ("a.c0m", "not a host name"),
    ],
)
def test_a_mistake_is_answered_by_what_to_do(text: str, says: str) -> None:
    sentence = refusal(text)
    assert says in sentence
    assert is_one_sentence(sentence)


@pytest.mark.parametrize(("text", "name"), SPELLINGS.items())
def test_every_spelling_of_a_name_is_kept_in_one_form(text: str, name: str) -> None:
    assert normalise(text, development=False) == name


def test_the_longest_name_that_dns_carries_passes_and_one_byte_more_does_not() -> None:
    longest = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 56, "test"])
    assert len(longest) == LONGEST
    assert normalise(longest + ".", development=False) == longest
    assert "253" in refusal(longest.replace("d" * 56, "d" * 57))


def test_names_below_localhost_are_for_development_alone() -> None:
    assert normalise("Shop.Localhost", development=True) == "shop.localhost"
    assert "visitor's own machine" in refusal("localhost", development=True)


@given(NAMES)
def test_a_name_means_the_same_in_upper_case_and_with_a_dot_at_the_end(name: str) -> None:
    assert normalise(name.upper() + ".", development=False) == name


@given(st.text(max_size=80) | st.from_regex(r"[ -~]{0,40}") | st.builds("{}.test".format, st.text(max_size=20)))
def test_whatever_is_typed_gives_a_safe_name_or_one_sentence(text: str) -> None:
    try:
        name = normalise(text, development=True)
    except ValueError as error:
        assert type(error) is ValueError
        assert is_one_sentence(str(error))
    else:
        assert is_normal(name)
        assert re.fullmatch(r"[a-z0-9.-]{4,253}", name)
        assert normalise(name, development=True) == name


@given(st.text(alphabet=st.characters(categories=["L", "M"]), min_size=1, max_size=12))
def test_composed_and_decomposed_letters_are_one_name(text: str) -> None:
    outcomes = set()
    for spelling in (unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)):
        try:
            outcomes.add(normalise(spelling + ".test", development=False))
        except ValueError:
            outcomes.add("refused")
    assert len(outcomes) == 1
