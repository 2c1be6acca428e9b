"""The load that figures rest on: it must see what is wrong, and end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from socket import socketpair
from time import monotonic

import pytest
from hpack import Encoder
from hyperframe.frame import DataFrame, GoAwayFrame, HeadersFrame, SettingsFrame

from apps.domains.caddyfile import FrontSite
from tests.bench.front import Front, Page
from tests.bench.http2 import Http2Front, answer
from tests.bench.load import Visitor, under_load
from tests.parts.echo import echo
from tests.parts.front import RunningFront, free_port, running_front

pytestmark = pytest.mark.host


@pytest.fixture(scope="module")
def front() -> Iterator[RunningFront]:
    with echo() as port:
        sites = FrontSite(1, ("one.test",), "up", port), FrontSite(2, ("two.test",), "stopped", free_port())
        with running_front(*sites) as running:
            yield running


def visitor(front: RunningFront, host: str, wants: str = "one.test", speaks: type[Front] = Front) -> Visitor:
    asked = speaks(front.facts.places, front.facts.https_port)
    return Visitor(asked, host, lambda page: str(json.loads(page.body)["host"]).startswith(wants))


def test_it_counts_good_answers_and_ends_at_its_bounds(front: RunningFront) -> None:
    with under_load(visitor(front, "one.test"), most=40) as seen:
        seen.until(40, 30)
    assert (seen.good, seen.closed, seen.wrong, seen.total) == (40, 0, [], 40)
    with under_load(visitor(front, "one.test"), seconds=0) as seen:
        pass
    assert seen.total == 0


def test_it_keeps_its_pace(front: RunningFront) -> None:
    began = monotonic()
    with under_load(visitor(front, "one.test"), hands=1, most=11, pace=20) as seen:
        seen.until(11, 30)
    assert monotonic() - began >= 0.5


@pytest.mark.parametrize("speaks", [Front, Http2Front])
@pytest.mark.parametrize(("host", "wants", "says"), [("two.test", "", "status 503"), ("one.test", "x", "another body")])
def test_a_wrong_status_and_a_wrong_body_are_seen(
    front: RunningFront, host: str, wants: str, says: str, speaks: type[Front]
) -> None:
    with under_load(visitor(front, host, wants, speaks), hands=1, most=3) as seen:
        seen.until(3, 30)
    assert (seen.good, len(seen.wrong)) == (0, 3)
    assert seen.wrong[0].startswith(says)


def test_a_visitor_in_http2_gets_the_same_page(front: RunningFront) -> None:
    with under_load(visitor(front, "one.test", speaks=Http2Front), most=40) as seen:
        seen.until(40, 30)
    assert (seen.good, seen.closed, seen.wrong) == (40, 0, [])


LAST = 2**31 - 1
"""The number of the last stream, as a server names it that goes and still answers all it has."""


@pytest.mark.parametrize("last", [LAST, 0])
def test_a_server_that_goes_answers_whom_it_has_heard(last: int) -> None:
    said = [
        SettingsFrame(0),
        GoAwayFrame(0, last_stream_id=last),
        HeadersFrame(1, Encoder().encode([(":status", "200")]), flags=["END_HEADERS"]),
        DataFrame(1, b"page", flags=["END_STREAM"]),
    ]
    here, there = socketpair()
    with here, there:
        there.sendall(b"".join(frame.serialize() for frame in said))
        if last:
            assert answer(here) == Page(200, "page")
        else:
            with pytest.raises(ConnectionResetError):
                answer(here)


def test_a_server_without_http2_is_no_page(front: RunningFront) -> None:
    asked = Http2Front(front.facts.places, front.facts.https_port)
    asked.trust.set_alpn_protocols(["http/1.1"])
    with pytest.raises(ConnectionError, match="not served in HTTP/2"):
        asked.once("one.test")


def test_a_port_where_nobody_is_closes_every_connection(front: RunningFront) -> None:
    nobody = Visitor(Front(front.facts.places, free_port()), "one.test", lambda page: True)
    with under_load(nobody, hands=1, most=2) as seen:
        seen.until(2, 30)
    assert (seen.good, seen.closed, seen.wrong) == (0, 2, [])
    assert seen.closed_of_a_thousand == 1000
