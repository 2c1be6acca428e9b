"""A bad block takes nobody else down, with the real Caddy: at a load, and at the cold start after it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from unittest.mock import patch

import pytest

from apps.domains import blocks
from apps.domains.caddyfile import FrontFacts, FrontSite, render
from apps.domains.passwords import hashed
from apps.domains.quarantine import Accepted, Settled, known_alone, offered, separated
from apps.domains.special import Special
from apps.host.errors import Refused
from tests.parts.echo import echo
from tests.parts.front import RunningFront, running_front

pytestmark = pytest.mark.host
KEPT = Special(user="ana", hash=hashed("correct horse"))
NO_FILE = Special(pairs=(("bad.test", 7),))
"""Caddy reads it, and finds only when it loads it that there is no such certificate."""


@pytest.fixture(scope="module")
def running() -> Iterator[RunningFront]:
    with echo() as port, running_front(FrontSite(1, ("one.test",), "up", port)) as found:
        yield found


@pytest.fixture
def front(running: RunningFront) -> Iterator[RunningFront]:
    before = running.facts
    yield running
    running.facts = before
    running.driver.load(render(before))


def settle(front: RunningFront, *sites: FrontSite, accepted: Accepted | None = None) -> Settled:
    """Load them beside the plain site that is there, as the panel does."""
    known = accepted or {}
    facts = replace(front.facts, sites=(*front.facts.sites, *sites))
    settled = offered(separated(facts, front.driver, known), known, lambda one: front.driver.load(render(one)))
    front.facts = settled.facts
    front.wait_for_certificates()
    return settled


def a_site(front: RunningFront, number: int, host: str, special: Special) -> FrontSite:
    return FrontSite(number, (host,), "up", front.facts.sites[0].port, special=special)


def statuses(front: RunningFront, *hosts: str) -> list[int]:
    return [front.get(host).status for host in hosts]


def started_cold(front: RunningFront) -> None:
    """From the file that was loaded, by a front that knows nothing."""
    front.facts.places.caddyfile.write_text(render(front.facts))
    front.stop()
    front.start()


def test_9_a_certificate_that_is_missing_leaves_out_its_site_alone_now_and_after_a_cold_start(
    front: RunningFront,
) -> None:
    sites = a_site(front, 2, "bad.test", NO_FILE), a_site(front, 3, "kept.test", KEPT)
    settled = settle(front, *sites)
    assert list(settled.faults) == [2]
    assert "7.pem" in settled.faults[2]
    assert statuses(front, "one.test", "kept.test", "bad.test") == [200, 401, 503]
    started_cold(front)
    assert statuses(front, "one.test", "kept.test", "bad.test") == [200, 401, 503]


def test_9_a_block_that_caddy_cannot_read_is_left_out_before_anything_is_loaded(front: RunningFront) -> None:
    def password(special: Special) -> list[str]:
        return ["no_such_directive\n"] if special.user == "eve" else []

    bad, far = replace(KEPT, user="eve"), Special(plain_http=True)
    sites = a_site(front, 2, "bad.test", bad), a_site(front, 3, "far.test", far)
    with patch.object(blocks, "_password", password):
        settled = settle(front, *sites)
        assert "no_such_directive" in settled.faults[2]
        assert statuses(front, "one.test", "far.test", "bad.test") == [200, 200, 503]
        started_cold(front)
        assert statuses(front, "one.test", "far.test", "bad.test") == [200, 200, 503]


@pytest.mark.parametrize("bad", [NO_FILE, Special(user="no hash")])
def test_9_the_last_good_block_stays_with_the_names_and_the_state_of_today(front: RunningFront, bad: Special) -> None:
    site = replace(a_site(front, 2, "bad.test", bad), hosts=("bad.test", "more.test"))
    before = replace(KEPT, to_primary=("gone.test",))
    assert list(settle(front, site, accepted={2: before}).faults) == [2]
    assert statuses(front, "bad.test", "more.test") == [401, 401]
    front.facts = replace(front.facts, sites=front.facts.sites[:1])
    assert list(settle(front, replace(site, state="stopped"), accepted={2: before}).faults) == [2]
    assert "switched off" in front.get("bad.test").body


def test_9_a_site_that_was_to_be_protected_is_never_shown_without_its_password(front: RunningFront) -> None:
    bad = replace(KEPT, pairs=(("bad.test", 7),))
    assert list(settle(front, a_site(front, 2, "bad.test", bad)).faults) == [2]
    assert "cannot be shown right now" in front.get("bad.test").body


def test_9_of_several_bad_blocks_each_is_found(front: RunningFront) -> None:
    sites = [a_site(front, number, f"s{number}.test", KEPT) for number in (2, 3)]
    for number in (4, 5):
        sites.append(a_site(front, number, f"s{number}.test", Special(pairs=((f"s{number}.test", number),))))
    settled = settle(front, *sites)
    assert sorted(settled.faults) == [4, 5]
    assert statuses(front, "one.test", "s2.test", "s3.test", "s4.test", "s5.test") == [200, 401, 401, 503, 503]


def test_what_is_no_special_blocks_fault_is_refused_and_all_serve_on(front: RunningFront) -> None:
    settle(front, a_site(front, 2, "kept.test", KEPT))

    def offer(facts: FrontFacts) -> None:
        front.driver.load(f"{render(facts)}\nhttps://x.test {{\n\ttls /nowhere/cert.pem /nowhere/key.pem\n}}\n")

    with pytest.raises(Refused, match=r"nowhere/cert\.pem"):
        offered(Settled(front.facts), {}, offer)
    assert statuses(front, "one.test", "kept.test") == [200, 401]


def test_a_front_is_started_with_nothing_special_that_it_has_not_taken_before(front: RunningFront) -> None:
    facts = replace(front.facts, sites=(a_site(front, 2, "new.test", NO_FILE), a_site(front, 3, "kept.test", KEPT)))
    cold = known_alone(facts, {3: KEPT})
    assert [(site.state, site.special) for site in cold.sites] == [("down", Special()), ("up", KEPT)]
