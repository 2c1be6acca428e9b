"""Addresses in a real database: every kind of table, killed at every point, and back to the very bytes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import MySQLdb
import pytest

from apps.host.errors import Refused, Unavailable
from apps.host.mysql import MySQL
from apps.host.mysql_login import Login
from apps.host.rewriting import passes, portions
from apps.host.rewriting.addresses import Addresses
from apps.host.rewriting.database import Rewriting
from apps.host.rewriting.serialized import string
from tests.parts.crashes import killed_at, points
from tests.parts.ground import open_folder
from tests.parts.mariadb import administrator, private_mariadb

pytestmark = pytest.mark.host
NAME, SECRET = "fp_shop_abc123", "a password"
ADDRESSES = Addresses({"old.test": "new-place.example"})
OLD, NEW = "https://old.test/ä", "https://new-place.example/ä"
TABLES = """
CREATE TABLE posts (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, body LONGTEXT, guid VARCHAR(255), n INT,
    changed TIMESTAMP NOT NULL DEFAULT '2001-02-03 04:05:06' ON UPDATE CURRENT_TIMESTAMP) DEFAULT CHARSET utf8mb4;
CREATE TABLE `we"ird %s ``table` (a INT, `b %d` VARCHAR(20), `the text` TEXT, PRIMARY KEY (a, `b %d`));
CREATE TABLE western (id INT PRIMARY KEY, word TEXT) DEFAULT CHARSET latin1;
CREATE TABLE wide (id BINARY(16) PRIMARY KEY, word VARCHAR(200)) DEFAULT CHARSET utf16;
CREATE TABLE cased (id VARCHAR(40) PRIMARY KEY, word TEXT) DEFAULT CHARSET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE old_engine (id INT PRIMARY KEY, word TEXT) ENGINE = MyISAM;
CREATE TABLE unkeyed (word TEXT);
CREATE TABLE loose (id INT UNIQUE, word TEXT);
CREATE TABLE only_unique (at DATETIME(6) NOT NULL UNIQUE, word TEXT);
CREATE TABLE known_by (address VARCHAR(100) PRIMARY KEY, word TEXT);
CREATE TABLE small (id INT PRIMARY KEY, word VARCHAR(20), once VARCHAR(60) UNIQUE, j JSON);
CREATE TABLE made (id INT PRIMARY KEY, word TEXT, again TEXT AS (CONCAT(word, '!')) STORED);
CREATE TABLE files (id INT PRIMARY KEY, data LONGBLOB);
CREATE VIEW seen AS SELECT * FROM posts
"""


@pytest.fixture(scope="module")
def socket() -> Iterator[Path]:
    with open_folder() as folder, private_mariadb(folder / "mysql", folder / "run") as path:
        yield path


@pytest.fixture
def mysql(socket: Path) -> Iterator[MySQL]:
    mysql = MySQL(socket, administrator())
    mysql.create(NAME, SECRET)
    yield mysql
    mysql.drop(NAME)


@pytest.fixture
def login(mysql: MySQL) -> Login:
    login = mysql.login(NAME, SECRET)
    for statement in TABLES.split(";"):
        asked(login, statement)
    return login


def asked(login: Login, statement: str, *values: object) -> Any:
    """What the site's own account is answered."""
    opened = MySQLdb.connect(
        unix_socket=str(login.socket), user=NAME, password=SECRET, database=NAME, charset="utf8mb4", autocommit=True
    )
    with closing(opened) as connection, closing(connection.cursor()) as cursor:
        cursor.execute(statement, values or None)
        return cursor.fetchall()


def fill(login: Login) -> None:
    serialized = f'a:1:{{s:1:"u";{string(OLD.encode()).decode()}}}'
    for number in range(1, 8):
        body = f"{OLD} {number} {OLD}" if number % 2 else serialized
        asked(login, "INSERT INTO posts (body, guid, n) VALUES (%s, %s, 1)", body, OLD)
    asked(login, "INSERT INTO posts (body) VALUES ('nothing of it'), (NULL), ('https://old.test.evil/')")
    for a, b in ((1, "x"), (1, "y"), (2, "ä"), (2, "")):
        asked(login, 'INSERT INTO `we"ird %%s ``table` VALUES (%s, %s, %s)', a, b, OLD)
    asked(login, "INSERT INTO western VALUES (1, %s), (2, 'none')", OLD)
    asked(login, "INSERT INTO wide VALUES (UNHEX('FF00FE00000000000000000000000001'), %s)", OLD)
    asked(login, "INSERT INTO cased VALUES ('A', %s), ('a', 'HTTPS://OLD.test')", OLD)
    asked(login, "INSERT INTO old_engine VALUES (1, %s), (2, %s)", OLD, serialized)
    asked(login, "INSERT INTO only_unique VALUES ('2026-03-29 02:30:00.123456', %s)", OLD)
    asked(login, "INSERT INTO made (id, word) VALUES (1, %s)", OLD)


def dump(login: Login) -> dict[str, Any]:
    """All rows of all tables, as the bytes that lie there."""
    found = {}
    for (name,) in asked(login, "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()"):
        columns = [row[0] for row in asked(login, f"SHOW COLUMNS FROM `{name.replace('`', '``')}`")]
        hexed = ", ".join(f"HEX(`{column}`)" for column in columns)
        rows = asked(login, f"SELECT {hexed} FROM `{name.replace('`', '``')}`")  # noqa: S608
        found[name] = sorted(map(str, rows))
    return found


def rewriting(login: Login, leave: tuple[str, ...] = ("guid",)) -> Rewriting:
    return Rewriting(login, ADDRESSES, leave)


def test_every_text_of_every_table_has_the_new_address_afterwards(login: Login) -> None:
    fill(login)
    before = dump(login)
    counted = rewriting(login).count()
    assert dump(login) == before
    report = rewriting(login).rewrite(7)
    assert (report.places, report.left) == (counted.places, counted.left)
    assert report.total == 4 * 2 + 3 + 4 + 1 + 1 + 2 + 2 + 1 + 1
    assert str(report) == f"{report.total} places in 8 tables"
    assert asked(login, "SELECT body, guid FROM posts WHERE id = 1") == ((f"{NEW} 1 {NEW}", OLD),)
    assert asked(login, "SELECT body FROM posts WHERE id = 2")[0][0].startswith(f'a:1:{{s:1:"u";s:{len(NEW) + 1}:"')
    assert asked(login, "SELECT word, again FROM made") == ((NEW, f"{NEW}!"),)
    assert asked(login, "SELECT word FROM cased ORDER BY id") == ((NEW,), ("HTTPS://new-place.example",))
    assert asked(login, "SELECT HEX(word) FROM western WHERE id = 1")[0][0] == NEW.encode("latin1").hex().upper()
    assert asked(login, "SELECT HEX(word) FROM wide")[0][0] == NEW.encode("utf-16-be").hex().upper()
    assert asked(login, "SELECT DISTINCT changed FROM posts WHERE body LIKE '%new-place%'")[0][0].year == 2001


def test_a_second_run_changes_nothing_and_the_way_back_leads_to_the_very_bytes(login: Login) -> None:
    fill(login)
    before = dump(login)
    rewriting(login).rewrite(7)
    after = dump(login)
    assert rewriting(login).rewrite(7).total == 0
    assert dump(login) == after
    rewriting(login).restore(7)
    assert dump(login) == before
    rewriting(login).restore(7)
    assert dump(login) == before


def test_forgotten_it_leaves_no_table_behind_and_there_is_no_way_back(login: Login) -> None:
    fill(login)
    tables = set(dump(login))
    rewriting(login).rewrite(7)
    rewriting(login).rewrite(8)
    assert {name for name in dump(login) if name not in tables} >= {"frankenpanel_rewriting_7_1"}
    for number in (7, 7, 8):
        rewriting(login).forget(number)
    after = dump(login)
    assert set(after) == tables
    rewriting(login).restore(7)
    assert dump(login) == after


def test_the_guid_is_rewritten_where_that_is_wanted(login: Login) -> None:
    fill(login)
    rewriting(login, leave=()).rewrite(7)
    assert asked(login, "SELECT DISTINCT guid FROM posts WHERE guid IS NOT NULL") == ((NEW,),)


def test_what_somebody_changed_meanwhile_keeps_the_change_on_the_way_back(login: Login) -> None:
    fill(login)
    rewriting(login).rewrite(7)
    asked(login, "UPDATE posts SET body = %s WHERE id = 1", f"edited {NEW}")
    asked(login, "DELETE FROM posts WHERE id = 2")
    asked(login, "UPDATE posts SET body = NULL WHERE id = 3")
    rewriting(login).restore(7)
    rows = dict(asked(login, "SELECT id, body FROM posts"))
    assert (rows[1], rows.get(2), rows[3], rows[5]) == (f"edited {OLD}", None, None, f"{OLD} 5 {OLD}")


def test_what_cannot_be_changed_is_left_alone_and_said(login: Login) -> None:
    asked(login, "INSERT INTO unkeyed VALUES (%s), (%s)", OLD, OLD)
    asked(login, "INSERT INTO loose VALUES (NULL, %s), (NULL, %s)", OLD, OLD)
    asked(login, "INSERT INTO known_by VALUES (%s, %s)", OLD, OLD)
    asked(login, "INSERT INTO small VALUES (1, %s, NULL, NULL)", OLD)
    asked(login, "INSERT INTO small VALUES (2, NULL, %s, NULL), (3, NULL, %s, NULL)", OLD, NEW)
    asked(login, "INSERT INTO files VALUES (1, %s)", OLD)
    asked(login, "INSERT INTO posts (body) VALUES (%s)", f'a:1:{{i:0;s:3:"{OLD}";}}')
    before = dump(login)
    report = rewriting(login).rewrite(7)
    assert report.left == {
        "unkeyed: nothing tells its rows apart.": 2,
        "loose: nothing tells its rows apart.": 2,
        "known_by: a row is known by it.": 1,
        "small: the new address does not fit.": 1,
        "small: the new address would be there twice.": 1,
        "files: it stands in binary data.": 1,
        "posts: A serialized value that is broken: a length is wrong before byte 17.": 1,
    }
    assert str(report) == "1 places in 1 tables; 9 left alone"
    assert asked(login, "SELECT address, word FROM known_by") == ((OLD, NEW),)
    after = dump(login)
    assert {name for name in before if before[name] != after[name]} == {"known_by"}


def test_json_columns_stay_json(login: Login) -> None:
    asked(login, "INSERT INTO small VALUES (1, NULL, NULL, %s)", '{"u": "https:\\/\\/old.test\\/"}')
    assert rewriting(login).rewrite(7).total == 1
    assert asked(login, "SELECT j FROM small") == (('{"u": "https:\\/\\/new-place.example\\/"}',),)


def test_a_row_too_long_to_be_read_is_left_alone(login: Login, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(login)
    monkeypatch.setattr(passes, "LONGEST", 1000)
    asked(login, "INSERT INTO posts (id, body) VALUES (3000, CONCAT(%s, REPEAT('x', 2000)))", OLD)
    report = rewriting(login).rewrite(7)
    assert report.left == {"posts: a row has more than 0 MB.": 1}
    assert report.places["posts"] == 11


@pytest.mark.parametrize("at_once", [1, 2, 100])
def test_portions_of_any_size_leave_no_row_out(login: Login, monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr("apps.host.rewriting.statements.PAGE", 3)
    monkeypatch.setattr(portions, "AT_ONCE", at_once)
    fill(login)
    before, told = dump(login), []
    report = rewriting(login).rewrite(7, lambda done, total: told.append((done, total)))
    assert report.total == 23
    assert rewriting(login).count().total == 0
    assert told[0] == (0, told[-1][1])
    assert told[-1] == (told[-1][1], told[-1][1])
    rewriting(login).restore(7)
    assert dump(login) == before


def test_broken_off_it_can_be_carried_on_and_taken_back(login: Login, monkeypatch: pytest.MonkeyPatch) -> None:
    class Enough(Exception):
        pass

    def told(done: int, total: int) -> None:
        if done > 5:
            raise Enough

    monkeypatch.setattr(portions, "AT_ONCE", 2)
    fill(login)
    before = dump(login)
    with pytest.raises(Enough):
        rewriting(login).rewrite(7, told)
    assert dump(login) != before
    rewriting(login).restore(7)
    assert dump(login) == before


def test_killed_at_any_point_it_is_whole_after_the_next_run_and_after_the_way_back(login: Login) -> None:
    fill(login)
    before = dump(login)
    rewriting(login).rewrite(1)
    after = dump(login)
    rewriting(login).restore(1)
    after = {name: rows for name, rows in after.items() if not name.startswith("frankenpanel_")}
    assert len(points("rewriting.")) == 5
    for number, point in enumerate(points("rewriting."), 2):
        reached = killed_at(point, partial(rewriting(login).rewrite, number))
        assert reached == (point not in ("rewriting.rows-restored", "rewriting.table-beside-dropped"))
        rewriting(login).rewrite(number)
        found = {name: rows for name, rows in dump(login).items() if not name.startswith("frankenpanel_")}
        assert found == after, point
        killed_at(point, partial(rewriting(login).restore, number))
        rewriting(login).restore(number)
        assert dump(login) == before, point
        killed_at(point, partial(rewriting(login).rewrite, number))
        rewriting(login).restore(number)
        assert dump(login) == before, f"{point}, and straight back"


def test_a_wrong_password_is_refused_with_a_sentence(login: Login) -> None:
    with pytest.raises(Refused, match="does not let fp_shop_abc123 do this"):
        Rewriting(Login(login.socket, NAME, "wrong"), ADDRESSES).count()


def test_a_server_that_is_away_may_come_back(login: Login) -> None:
    with pytest.raises(Unavailable, match="does not answer"):
        Rewriting(Login(login.socket.with_name("none"), NAME, SECRET), ADDRESSES).count()
