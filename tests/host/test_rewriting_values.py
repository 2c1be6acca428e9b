"""Addresses in values of every form. What PHP reads afterwards is what PHP itself would have made of it."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.host.errors import Refused
from apps.host.rewriting.addresses import Addresses
from apps.host.rewriting.serialized import DEEPEST, Broken, Reader, string
from apps.host.rewriting.values import rewrite
from tests.sites.php import php

ONE = Addresses({"old.test": "a-longer-new.example:7443"})
NEW = "a-longer-new.example:7443"


def changed(text: str, addresses: Addresses = ONE) -> str:
    return rewrite(text.encode(), addresses).value.decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("https://old.test", f"https://{NEW}"),
        ("http://old.test/a?b=c", f"http://{NEW}/a?b=c"),
        ("see //old.test.", f"see //{NEW}."),
        ("<a href='//old.test/x'>”https://old.test”", f"<a href='//{NEW}/x'>”https://{NEW}”"),
        ("HTTPS://OLD.Test/", f"HTTPS://{NEW}/"),
        ("https://old.test:443/", f"https://{NEW}/"),
        (r"https:\/\/old.test\/x", rf"https:\/\/{NEW}\/x"),
        (r"https:\\\/\\\/old.test\\\/x", rf"https:\\\/\\\/{NEW}\\\/x"),
        (r"https:\u002F\u002Fold.test", rf"https:\u002F\u002F{NEW}"),
        ("u=https%3A%2F%2Fold.test%2Fx", "u=https%3A%2F%2Fa-longer-new.example%3A7443%2Fx"),
        ("u=https%253a%252f%252fold.test", "u=https%253a%252f%252fa-longer-new.example%253A7443"),
        ("<!--//old.test-->", f"<!--//{NEW}-->"),
    ],
)
def test_every_form_of_an_address_becomes_the_new_one(before: str, after: str) -> None:
    assert changed(before) == after
    assert changed(after) == after


@pytest.mark.parametrize(
    "text",
    [
        "https://bold.test/",
        "https://old.test.evil/",
        "https://old.test-er/",
        "https://old.tests/",
        "https://www.old.test/",
        "https://old.test:8443/",
        "https://old.test:password@evil.example/",
        "https://old.test@evil.example/",
        "https://old.test%2Eevil/",
        "https%3A%2F%2Fold.test%3A8443",
        "me@old.test",
        "old.test",
        "/old.test/",
        "https://xold.test",
        "https://olditest/",
    ],
)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert rewrite(text.encode(), ONE).places == 0
    assert changed(text) == text


def test_a_name_with_letters_that_are_not_ascii_is_found_in_each_of_its_spellings() -> None:
    addresses = Addresses({"xn--bcher-kva.test": "books.test"})
    for spelling in ("xn--bcher-kva.test", "bücher.test", r"b\u00fccher.test", "b%C3%BCcher.test"):
        assert changed(f'"//{spelling}/"', addresses) == '"//books.test/"'
        assert any(_like(like, f"//{spelling}/") for like in addresses.likes)
    assert changed(r'{"u":"//xn\u002d\u002dbcher-kva.test"}', Addresses({"xn--bcher-kva.test": "a--b.test"})) == (
        r'{"u":"//a\u002d\u002db.test"}'
    )


def _like(pattern: str, text: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("%"))), text.casefold(), re.DOTALL) is not None


def test_an_address_with_a_port_is_another_one_than_that_without() -> None:
    addresses = Addresses({"old.test:7443": "new.test"})
    assert changed("https://old.test:7443/ https://old.test/", addresses) == "https://new.test/ https://old.test/"


def test_several_addresses_go_in_one_pass_and_back() -> None:
    addresses = Addresses({"old.test": "new.test", "www.old.test": "www.new.test"})
    text = "//old.test //www.old.test //old.test"
    assert changed(text, addresses) == "//new.test //www.new.test //new.test"
    assert changed(changed(text, addresses), addresses.reverse) == text


@pytest.mark.parametrize("new", ["old.test", "OLD.test:443"])
def test_an_address_that_would_be_found_again_is_refused(new: str) -> None:
    with pytest.raises(Refused, match="choose another"):
        Addresses({"old.test": new})


# -- serialized


def test_values_in_values_have_their_new_lengths() -> None:
    inner = 'a:1:{i:0;s:14:"//old.test/\u00e4b";}'.replace("s:14", f"s:{len('//old.test/äb'.encode())}")
    outer = f'a:2:{{s:3:"one";s:{len(inner.encode())}:"{inner}";s:3:"two";R:2;}}'
    told = rewrite(outer.encode(), ONE)
    assert told.places == 1
    assert told.left == []
    assert NEW in php("<?php echo json_encode(unserialize(unserialize($given[1])['two'])[0]);", told.value.decode())


def test_objects_of_unknown_classes_references_and_enumerations_are_never_made() -> None:
    value = 'O:7:"Unknown":2:{s:4:"\0*\0u";s:10:"//old.test";s:1:"r";R:2;}'
    assert changed(value) == f'O:7:"Unknown":2:{{s:4:"\0*\0u";{string(f"//{NEW}".encode()).decode()}s:1:"r";R:2;}}'
    listed = 'a:2:{i:0;E:7:"Foo:Bar";i:1;s:10:"//old.test";}'
    assert changed(listed).startswith('a:2:{i:0;E:7:"Foo:Bar";i:1;s:')


def test_what_only_its_own_class_can_read_is_left_alone_and_reported() -> None:
    value = b'a:2:{i:0;C:3:"Foo":10:{//old.test}i:1;s:10:"//old.test";}'
    told = rewrite(value, ONE)
    assert told.places == 1
    assert b'C:3:"Foo":10:{//old.test}' in told.value
    assert told.left == ["An object that only its own class can read."]


@pytest.mark.parametrize(
    "broken",
    [
        'a:1:{i:0;s:9:"//old.test";}',
        'a:2:{i:0;s:10:"//old.test";}',
        'a:1:{i:0;s:10:"//old.test";}}',
        'a:1:{i:0;s:10:"//old.test";i:1;N;}',
        'a:1:{b:0;s:10:"//old.test";}',
        'O:3:"Foo":1:{s:1:"a";s:10:"//old.test";};',
        's:11:"//old.test";',
        'a:1:{i:0;s:9999999999:"//old.test";}',
        "a:1:{i:0;" * (DEEPEST + 1) + 's:10:"//old.test";' + "}" * (DEEPEST + 1),
    ],
)
def test_a_broken_one_is_left_alone_and_reported(broken: str) -> None:
    told = rewrite(broken.encode(), ONE)
    assert told.value == broken.encode()
    assert told.places == 0
    assert "broken" in told.left[0]


def test_a_broken_one_inside_a_good_one_does_not_keep_the_others_back() -> None:
    inner = 'a:9:{s:10:"//old.test";}'
    value = f'a:2:{{i:0;s:{len(inner)}:"{inner}";i:1;s:10:"//old.test";}}'
    told = rewrite(value.encode(), ONE)
    assert (told.places, len(told.left)) == (1, 1)
    assert inner in told.value.decode()


def test_a_key_becomes_another_unless_that_is_there_already() -> None:
    assert changed('a:1:{s:10:"//old.test";i:1;}') == f"a:1:{{{string(f'//{NEW}'.encode()).decode()}i:1;}}"
    both = f'a:2:{{s:10:"//old.test";i:1;{string(f"//{NEW}".encode()).decode()}i:2;}}'
    told = rewrite(both.encode(), ONE)
    assert (told.value.decode(), told.places, len(told.left)) == (both, 0, 1)


def test_values_in_values_without_end_take_no_time() -> None:
    value = b"//old.test"
    for _ in range(5000):
        value = string(value)
    told = rewrite(value, ONE)
    assert (told.value, told.left) == (value, ["Values in values more than 20 deep."])


@pytest.mark.parametrize("unit", ["\\", "%25", "/", "a:1:{", "s:1:\\", "; ", '"', "//old.test", "-", r"\u002d"])
def test_no_text_takes_long(unit: str) -> None:
    """Every pattern is bounded: a text of a megabyte is done at once, whatever is in it."""
    value = f"//old.test {unit * (1_000_000 // len(unit))}"
    assert len(changed(value)) >= len(value)


# -- JSON


def test_json_keeps_how_it_was_written() -> None:
    text = '{ "u" : "https:\\/\\/old.test\\/\\u00e4", "n": 1.50, "u": ["https://old.test/ä"] }'
    assert changed(text) == text.replace("old.test", NEW)


def test_a_serialized_value_in_json_has_its_new_length() -> None:
    text = json.dumps({"x": 'a:1:{i:0;s:17:"https://old.test/";}', "y": "//old.test"}).replace("/", "\\/")
    after = changed(text)
    assert json.loads(after) == {"x": f'a:1:{{i:0;s:{len(NEW) + 9}:"https://{NEW}/";}}', "y": f"//{NEW}"}
    assert "\\/\\/" in after


def test_half_a_letter_in_json_is_no_trouble() -> None:
    assert changed(r'{"x":"\ud83d //old.test s:1:\"a\";"}') == rf'{{"x":"\ud83d //{NEW} s:1:\"a\";"}}'


# -- against PHP

REFERENCE = Path(__file__).with_name("rewriting.php").read_text()
ADDRESS = st.sampled_from(["https://old.test/ä", "//old.test", "s:1://old.test.evil", r"\/\/old.test", "old.test"])
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**62), 2**62), st.floats(allow_nan=False, allow_infinity=False)
)
TEXTS = st.one_of(ADDRESS, st.text(max_size=8), st.sampled_from(["", 'x";}', "\0\U0001f600", 's:3:"', "a:1:{"]))
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(ADDRESS, SCALARS, TEXTS),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4),
        st.dictionaries(TEXTS, inner, min_size=1, max_size=4),
        st.fixed_dictionaries({"fp-object": inner, "other": inner}),
        st.fixed_dictionaries({"fp-serialized": inner}),
        st.fixed_dictionaries({"fp-json": inner}),
    ),
    max_leaves=12,
)


def collected(count: int) -> list[bytes]:
    """As many values as hypothesis thinks of, serialized by PHP."""
    values: list[Any] = []

    @settings(max_examples=count, deadline=None, database=None, derandomize=True)
    @given(VALUES)
    def collect(value: Any) -> None:
        values.append(value)

    collect()
    return [base64.b64decode(text) for text in php(REFERENCE, ["make", values, NEW])]


@pytest.mark.host
def test_php_reads_every_result_as_its_own_rewriting_of_it() -> None:
    serialized = collected(400)
    told = [rewrite(value, ONE) for value in serialized]
    assert sum(one.places for one in told) > 300
    pairs = [(before, after.value) for before, after in zip(serialized, told, strict=True) if not after.left]
    assert len(pairs) > 300
    said = [[base64.b64encode(one).decode() for one in pair] for pair in pairs]
    assert [[base64.b64decode(one) for one in pair] for pair in php(REFERENCE, ["judge", said, NEW])] == []


@pytest.mark.host
def test_what_php_has_written_is_read_to_its_end_and_is_the_same_without_an_address() -> None:
    nowhere = Addresses({"nowhere.test": "new.test"})
    for value in collected(200):
        pieces = list(Reader(value).pieces())
        assert all(string(one.text) == value[one.start : one.stop] for one in pieces if one.role != "opaque")
        assert rewrite(value, nowhere).value == value


@settings(max_examples=300, deadline=None, database=None)
@given(st.binary(max_size=60), st.binary(max_size=20))
def test_whatever_the_bytes_a_second_time_changes_nothing_and_back_is_where_it_was(head: bytes, tail: bytes) -> None:
    value = head + b"//old.test/" + tail
    once = rewrite(value, ONE)
    assert rewrite(once.value, ONE).value == once.value
    if (
        b"a-longer-new" not in value
        and not once.left
        and b"old.test" not in value.lower().replace(b"//old.test/", b"", 1)
    ):
        assert rewrite(once.value, ONE.reverse).value == value


@settings(max_examples=300, deadline=None, database=None)
@given(st.binary(max_size=80))
def test_no_bytes_make_the_reader_fail_otherwise(data: bytes) -> None:
    try:
        list(Reader(b"a:1:{" + data).pieces())
    except Broken:
        return
