"""The panel's records as a stream and back, with the real PostgreSQL; SQLite's are compared where they are saved."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from apps.host.errors import Refused
from apps.host.records import PostgreSQL, sqlite_records
from tests.parts.postgresql import PASSWORD
from tests.parts.postgresql import PostgreSQL as Server
from tests.whole.served import a_database

pytestmark = pytest.mark.host
SOME = """
CREATE TABLE audit (id SERIAL PRIMARY KEY, said JSONB NOT NULL);
INSERT INTO audit (said) VALUES ('{"who": "Ana ü \\\\n"}'), ('[]');
CREATE FUNCTION refused() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'append only'; END $$;
CREATE TRIGGER kept BEFORE DELETE ON audit FOR EACH ROW EXECUTE FUNCTION refused();
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with a_database() as server:
        yield server


def database(server: Server, name: str) -> PostgreSQL:
    server.make(name)
    return PostgreSQL(name, "127.0.0.1", str(server.port), "panel", PASSWORD)


def asked(database: PostgreSQL, statement: str) -> Any:
    words = {"host": database.host, "port": int(database.port), "user": database.user, "password": database.password}
    with psycopg.connect(dbname=database.name, **words) as connection:  # type: ignore[arg-type]
        done = connection.execute(statement.encode())
        return done.fetchall() if done.description else None


def test_what_postgresql_has_is_there_again_elsewhere(server: Server) -> None:
    old, new = database(server, "old"), database(server, "new")
    asked(old, SOME)
    new.load(old.records())
    assert asked(new, "SELECT * FROM audit") == asked(old, "SELECT * FROM audit")
    asked(new, "INSERT INTO audit (said) VALUES ('1')")
    with pytest.raises(psycopg.errors.RaiseException, match="append only"):
        asked(new, "DELETE FROM audit")


def test_of_a_dump_with_a_fault_nothing_is_loaded(server: Server) -> None:
    half = database(server, "half")
    with pytest.raises(Refused, match=r"cannot be loaded.*nothing_there"):
        half.load([b"CREATE TABLE first (a int);\nSELECT * FROM nothing_there;\n"])
    assert asked(half, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]


def test_a_password_that_is_wrong_is_told_and_not_shown(server: Server) -> None:
    wrong = replace(database(server, "locked"), password="not: the\\password")
    with pytest.raises(Refused, match="authentication failed") as refused:
        list(wrong.records())
    assert "the\\password" not in str(refused.value)


def test_sqlite_s_are_as_of_one_moment_while_it_is_written_to(tmp_path: Path) -> None:
    source = sqlite3.connect(tmp_path / "records", isolation_level=None)
    source.execute("PRAGMA journal_mode=WAL")
    source.execute("CREATE TABLE rows (n INT)")
    source.execute("INSERT INTO rows VALUES (1)")
    chunks = sqlite_records(source, tmp_path / "aside")
    first = next(chunks)
    assert (tmp_path / "aside").stat().st_mode & 0o777 == 0o600
    source.execute("INSERT INTO rows VALUES (2)")
    (tmp_path / "copy").write_bytes(b"".join([first, *chunks]))
    assert sqlite3.connect(tmp_path / "copy").execute("SELECT n FROM rows").fetchall() == [(1,)]
    assert not (tmp_path / "aside").exists()
