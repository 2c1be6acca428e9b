"""A whole panel whose records are in PostgreSQL and whose messages go through Redis, from its start to its end."""

from __future__ import annotations

import json
from dataclasses import replace
from urllib.parse import quote

import pytest

from tests.parts import postgresql
from tests.parts.postgresql import PostgreSQL
from tests.parts.redis import Redis
from tests.whole.panel import Panel, until
from tests.whole.served import passwords_in
from tests.whole.test_secrets import files_with

pytestmark = pytest.mark.host
SIGNED_IN = {"Cookie": "sessionid=abcdefghijklmnopqrstuvwxyz012345"}
"""As whoever would look into the records with every request."""


@pytest.fixture(scope="module")
def panel(served: Panel) -> Panel:
    return served


def test_a_panel_that_is_called_without_its_addresses_still_means_the_same_records(panel: Panel) -> None:
    assert "elephant" in [site["slug"] for site in panel.done("site", "list", "--format", "json").json]
    assert panel.ask("elephant.localhost", "/").status == 200
    assert panel.ask("panel.localhost", "/up").status == 200
    kept = panel.places.keys / "addresses.json"
    assert (kept.stat().st_mode & 0o777, kept.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert (panel.root / "records" / "panel.sqlite3").stat().st_size == 0, "something went into a SQLite"


def test_the_status_names_both_and_no_password_is_in_it_or_in_any_file(
    panel: Panel, database: PostgreSQL, broker: Redis
) -> None:
    said = panel.done("status", "--format", "json")
    rows = {row["name"]: (row["state"], row["address"]) for row in said.json}
    assert rows["database"] == ("RUNNING", f"postgres://127.0.0.1:{database.port}/panel")
    assert rows["broker"] == ("RUNNING", f"redis://127.0.0.1:{broker.port}/1")
    assert "runner.log" in " ".join(files_with(panel, "takes operations now"))
    for password in passwords_in(json.loads((panel.places.keys / "addresses.json").read_text())):
        assert password not in said.out
        assert files_with(panel, password) == []


def test_a_database_that_is_away_is_said_in_a_sentence_at_every_door(panel: Panel, database: PostgreSQL) -> None:
    database.stop()
    try:
        for words in (("site", "list"), ("up",), ("demo", "--check")):
            said = panel(*words)
            assert (said.code, said.out) == (17, ""), said
            assert_one_sentence(said.err)
        paths = ("/api/v1/sites/", "/admin/", "/up")
        answers = [panel.ask("panel.localhost", path, headers=SIGNED_IN) for path in paths]
        assert [answer.status for answer in answers] == [503, 503, 503], answers
        assert answers[0].json["code"] == "database"
        assert_one_sentence(answers[1].body)
        assert panel("status").code == 1
    finally:
        database.start()
    until(lambda: panel.ask("panel.localhost", "/api/v1/sites/").status == 401, what="the panel's return")


@pytest.mark.parametrize(
    ("wrong", "code", "words"),
    [
        ({"DATABASE_URL": ":secret-word@127.0.0.1:{database}/panel"}, 17, "password authentication failed"),
        ({"DATABASE_URL": ":{password}@127.0.0.1:{database}/nowhere"}, 17, 'database "nowhere" does not exist'),
        ({"DATABASE_URL": ":secret/word@127.0.0.1/panel"}, 1, "DATABASE_URL must be"),
        ({"CELERY_BROKER_URL": ":secret-word@127.0.0.1:{broker}/1"}, 15, "invalid username-password pair"),
        ({"CELERY_BROKER_URL": ":secret-word@127.0.0.1:1/1"}, 15, "Connection refused"),
        ({"CELERY_BROKER_URL": ":secret/word@127.0.0.1/1"}, 1, "CELERY_BROKER_URL must be"),
    ],
)
def test_a_wrong_address_is_refused_at_the_start_in_a_sentence_without_its_password(
    panel: Panel, database: PostgreSQL, broker: Redis, wrong: dict[str, str], code: int, words: str
) -> None:
    schemes = {"DATABASE_URL": "postgres://panel", "CELERY_BROKER_URL": "redis://"}
    filled = {"database": database.port, "broker": broker.port, "password": quote(postgresql.PASSWORD, safe="")}
    before = (panel.places.keys / "addresses.json").read_text()
    asked = {name: schemes[name] + address.format(**filled) for name, address in wrong.items()}
    said = replace(panel, addresses=asked)("up")
    assert said.code == code, said
    assert words in said.err
    assert_one_sentence(said.err)
    assert (panel.places.keys / "addresses.json").read_text() == before


def assert_one_sentence(text: str) -> None:
    assert len(text.splitlines()) == 1 and text.rstrip().endswith("."), text
    assert "Traceback" not in text
    assert "secret" not in text and postgresql.PASSWORD not in text
