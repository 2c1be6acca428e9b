"""Every numbered line of the seed is seen outside the panel, and is missed where nothing carries it."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import MySQLdb
import pytest

from apps.host.host import Host
from tests.lifecycle.creation import clear
from tests.lifecycle.sections import Carrier, Scene, Section, a_scene
from tests.lifecycle.seed import numbered_lines
from tests.parts.front import RunningFront

pytestmark = [pytest.mark.host, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("unsent")]
MODULES = sorted(path.stem for path in Path(__file__).parent.glob("section_*.py"))
SECTIONS: list[Section] = [
    section for name in MODULES for section in import_module(f"tests.lifecycle.{name}").SECTIONS
]
LINES = [(section, number) for section in SECTIONS for number in numbered_lines(section.heading)]
MISSED = (AssertionError, KeyError, TypeError, IndexError, AttributeError, OSError, MySQLdb.Error)


def name_of(value: object) -> str:
    return str(value)


@pytest.fixture
def ground(machine: Host, parts: RunningFront) -> Iterator[tuple[Host, RunningFront]]:
    yield machine, parts
    clear(machine)


def put_nothing_in_place_of(carrier: Carrier, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, name, instead = carrier
    if isinstance(owner, str):
        monkeypatch.setattr(f"{owner}.{name}", instead)
    else:
        monkeypatch.setattr(owner, name, instead)


def acted(ground: tuple[Host, RunningFront], section: Section, carrier: Carrier | None = None) -> Scene:
    scene = a_scene(*ground, section)
    section.before(scene)
    with pytest.MonkeyPatch.context() as patch:
        if carrier:
            put_nothing_in_place_of(carrier, patch)
        section.act(scene)
    return scene


@pytest.mark.parametrize("section", SECTIONS, ids=name_of)
def test_every_line_has_a_fact_and_a_carrier(section: Section) -> None:
    assert sorted(section.facts) == sorted(section.carriers) == sorted(numbered_lines(section.heading))


@pytest.mark.parametrize("section", SECTIONS, ids=name_of)
def test_every_line_is_seen_outside(section: Section, ground: tuple[Host, RunningFront]) -> None:
    scene = acted(ground, section)
    for fact in section.facts.values():
        fact(scene)
    section.after(scene)


@pytest.mark.parametrize(("section", "number"), LINES, ids=name_of)
def test_a_line_that_nothing_carries_is_missed(
    section: Section, number: int, ground: tuple[Host, RunningFront], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The carrier is out of its place while the fact looks, too: some facts ask for something themselves."""
    scene = acted(ground, section, section.carriers[number])
    put_nothing_in_place_of(section.carriers[number], monkeypatch)
    with pytest.raises(MISSED):
        section.facts[number](scene)
    monkeypatch.undo()
    section.after(scene)
