"""Path redirects as a person types them: what is taken, and what never gets near the front's configuration."""

from __future__ import annotations

import pytest

from apps.domains.changes import MOST, read_paths, written
from apps.domains.redirects import PATH, TARGET
from apps.operations.refusals import Invalid

HOST = "shop.example.com"
BREAKOUTS = (
    "{",
    "}",
    "{env.SECRET_KEY}",
    "{$SECRET_KEY}",
    "{http.request.host}",
    "{file./etc/passwd}",
    '"',
    "`",
    "'",
    "\\",
    "$x",
    "#x",
    "\t",
    "\v",
    "\f",
    "\xa0",
    "\x85",
    "\u2028",
    "\0",
    "<script>",
    "ü",
    "[",
    "|",
    "^",
)


def test_a_line_is_a_path_where_it_leads_and_how() -> None:
    text = "/old /new\n\n  /shop/*   https://other.example.com:8443/a?b=c&d=%20 308\n/ /start 302\n"
    found = read_paths(text, HOST)
    assert found == [
        ["/", "/start", 302],
        ["/old", "/new", 301],
        ["/shop/*", "https://other.example.com:8443/a?b=c&d=%20", 308],
    ]
    assert read_paths(written(found), HOST) == found


@pytest.mark.parametrize("breakout", BREAKOUTS)
def test_1_3_nothing_that_caddy_could_read_otherwise_is_a_path_or_an_address(breakout: str) -> None:
    for text in (f"/a{breakout}b /new", f"/old /a{breakout}b", f"/old https://a.example.com/{breakout}b"):
        with pytest.raises(Invalid):
            read_paths(text, HOST)
    assert not PATH.search(f"/a{breakout}b")
    assert not TARGET.search(f"https://a.example.com/{breakout}")


@pytest.mark.parametrize("end", ["\n", "\r", "\n/x", "\r\n"])
def test_5_a_line_break_at_the_end_is_no_part_of_one(end: str) -> None:
    assert not PATH.search(f"/old{end}")
    assert not TARGET.search(f"/new{end}")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("old /new", "Line 1 is no path redirect"),
        ("/old", "Line 1 is no path redirect"),
        ("/old /new 301 more", "Line 1 is no path redirect"),
        ("/a /b\n/old new", "Line 2 is no path redirect"),
        ("/old //evil.example.com", "no path redirect"),
        ("/old javascript:alert(1)", "no path redirect"),
        ("/old ftp://a.example.com/", "no path redirect"),
        ("/a/*/b /new", "no path redirect"),
        ("//a /new", "no path redirect"),
        ("/.frankenpanel/up /new", "no path redirect"),
        ("/.well-known/acme-challenge/* /new", "no path redirect"),
        ("/old /new 200", "choose one of 301, 302, 307, 308"),
        ("/old /new 3o1", "choose one of"),
        ("/old /new\n/old /other", "Line 2: /old stands there twice"),
        ("/old /old", "lead to itself"),
        ("/old /OLD?x=1", "lead to itself"),
        ("/* /new", "lead to itself"),
        ("/old/* https://shop.example.com/old/x", "lead to itself"),
        ("/" + "a" * 200 + " /new", "too long"),
        ("/old /" + "a" * 500, "too long"),
        ("\n".join(f"/{number} /new" for number in range(MOST + 1)), "at most 200"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, words: str) -> None:
    with pytest.raises(Invalid, match=words) as refused:
        read_paths(text, HOST)
    assert refused.value.field == "path_redirects"
    assert str(refused.value).endswith(".")


def test_all_of_a_name_may_lead_to_another_one() -> None:
    assert read_paths("/* https://new.example.com/", HOST) == [["/*", "https://new.example.com/", 301]]
