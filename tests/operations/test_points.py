"""``tests/POINTS.md`` tells of every point that there is, on both backends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import apps.host.local  # noqa: F401 - with it all drivers are loaded, and have registered their points
from apps.host.crash import CrashPoint
from tests.operations import points
from tests.operations.test_crash import UNREACHED

RESULTS = [
    {"backend": "sqlite", "flow": "toy", "direction": "forward", "points": [[0, "a.b"], [1, "a.c"], [2, "a.b"]]},
    {"backend": "postgresql", "flow": "toy", "direction": "forward", "points": [[0, "a.b"]]},
]


@pytest.mark.parametrize("backend", points.BACKENDS)
def test_every_registered_point_has_an_entry(backend: str) -> None:
    """A new one has none: ./panel test --every-point writes them, or --each-point-once."""
    told = points.names_of(points.FILE.read_text())[backend]
    assert set(CrashPoint.names) - told <= UNREACHED


def test_the_file_says_for_each_backend_what_was_survived_there() -> None:
    text = points.text_of(RESULTS, "0123abc")
    assert points.names_of(text) == {"sqlite": {"a.b", "a.c"}, "postgresql": {"a.b"}}
    assert "commit 0123abc" in text
    assert "| toy | forward | 2 | 3 kills | 1 kills |" in text


def test_a_sample_has_one_passage_of_each_point_that_no_other_loop_has() -> None:
    passages = [(0, "a.b"), (1, "a.c"), (2, "a.b"), (3, "a.d")]
    assert points.sample(passages, known=["a.d"]) == [(0, "a.b"), (1, "a.c")]


@pytest.mark.parametrize("many", [1, 3, 4, 21])
def test_loops_that_share_points_take_turns_with_them(many: int) -> None:
    every = [(at, f"a.{at}") for at in range(many)]
    turns = [points.in_turn(f"toy {number}", every, 4) for number in range(40)]
    assert {point for turn in turns for point in turn} == set(every)
    assert all(0 < len(turn) <= -(-many // 4) for turn in turns)
    assert turns == [points.in_turn(f"toy {number}", every, 4) for number in range(40)]


@pytest.mark.parametrize(
    ("on", "sampled", "kills"), [("sqlite", True, 4), ("sqlite", False, 7), ("postgresql", False, 2)]
)
def test_what_a_usual_run_kills_at(monkeypatch: pytest.MonkeyPatch, on: str, sampled: bool, kills: int) -> None:
    monkeypatch.delenv("FP_POINTS", raising=False)
    monkeypatch.setenv("TESTS_ON", on)
    names = ("a.0", "engine.x", "a.1", "a.2")
    passages = [(at, names[at % 4]) for at in range(12)]
    chosen = list(points.to_kill("toy", "forward", passages, sampled=sampled))
    assert chosen == sorted(set(chosen))
    assert len(chosen) in (kills, kills - 1)
    assert "engine.x" in {name for _, name in chosen}
    assert on != "sqlite" or {name for _, name in chosen} == set(names)


def test_loops_take_turns_with_the_engines_points(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FP_POINTS", raising=False)
    passages = [(at, "engine.x") for at in range(5)]
    killed = [list(points.to_kill(f"toy {n}", "undoing", passages, ["engine.x"], sampled=True)) for n in range(40)]
    assert {len(one) for one in killed} == {1}
    assert {point for one in killed for point in one} == set(passages)


def test_a_loop_that_fails_tells_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "results"
    monkeypatch.setenv("FP_POINTS", str(file))
    loop = points.to_kill("toy", "forward", [(0, "a.b"), (1, "a.c")])
    assert next(loop) == (0, "a.b")
    assert not file.exists()
    assert list(loop) == [(1, "a.c")]
    assert json.loads(file.read_text())["points"] == [[0, "a.b"], [1, "a.c"]]


def test_once_each_is_what_is_written_down_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "results"
    monkeypatch.setenv("FP_POINTS", str(file))
    monkeypatch.setenv("FP_POINTS_ONCE", "yes")
    assert list(points.to_kill("toy", "undoing", [(0, "a.b"), (1, "a.b"), (2, "a.c")], known=["a.c"])) == [
        (0, "a.b"),
        (2, "a.c"),
    ]
    assert json.loads(file.read_text())["points"] == [[0, "a.b"], [2, "a.c"]]
