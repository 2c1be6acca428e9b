"""Databases and accounts, against a real MariaDB. A number in a test's name is a row of "Attacks to test"."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import MySQLdb
import pytest

from apps.host import mysql as driver
from apps.host.errors import HostError, Refused, Unavailable
from apps.host.mysql import MySQL
from apps.host.sql import grant_pattern, quote
from tests.parts.crashes import killed_at, points
from tests.parts.ground import open_folder
from tests.parts.mariadb import administrator, end, private_mariadb, start

pytestmark = pytest.mark.host
A_B = "fp_a_b_abc123"
AXB = "fp_axb_abc123"
SECRET = "a password nobody may see"


@pytest.fixture(scope="module")
def socket() -> Iterator[Path]:
    with open_folder() as folder, private_mariadb(folder / "mysql", folder / "run") as path:
        yield path


@pytest.fixture
def mysql(socket: Path) -> Iterator[MySQL]:
    mysql = MySQL(socket, administrator())
    yield mysql
    for name in (A_B, AXB):
        mysql.drop(name)


def asked(socket: Path, sql: str, user: str = "", password: str = "", database: str = "") -> Any:
    """What the server answers to one statement: as its administrator, or as *user*."""
    login = {"user": user or administrator(), "password": password, "database": database}
    connected = closing(MySQLdb.connect(unix_socket=str(socket), charset="utf8mb4", **login))
    with connected as connection, closing(connection.cursor()) as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def denied(socket: Path, sql: str, user: str, password: str = SECRET) -> int:
    with pytest.raises(MySQLdb.Error) as refusal:
        asked(socket, sql, user, password)
    return int(refusal.value.args[0])


def state(socket: Path) -> tuple[Any, ...]:
    """All that a site can leave behind in the server."""
    tables = ("SHOW DATABASES", "SELECT User, Host FROM mysql.user", "SELECT Db, User, Host FROM mysql.db")
    return tuple(sorted(asked(socket, sql)) for sql in tables)


def test_an_account_gets_its_own_database_in_full_unicode(mysql: MySQL, socket: Path) -> None:
    assert not mysql.database_exists(A_B)
    assert not mysql.account_exists(A_B)
    mysql.create(A_B, SECRET)
    assert mysql.database_exists(A_B)
    assert mysql.account_exists(A_B)
    asked(socket, "CREATE TABLE t (word TEXT)", A_B, SECRET, A_B)
    asked(socket, "CREATE VIEW v AS SELECT * FROM t", A_B, SECRET, A_B)
    charset = asked(socket, "SELECT @@character_set_database", A_B, SECRET, A_B)
    assert charset == (("utf8mb4",),)


def test_creating_twice_keeps_the_data_and_takes_the_newer_password(mysql: MySQL, socket: Path) -> None:
    mysql.create(A_B, "the first")
    asked(socket, "CREATE TABLE kept (n INT)", A_B, "the first", A_B)
    mysql.create(A_B, SECRET)
    assert asked(socket, "SHOW TABLES", A_B, SECRET, A_B) == (("kept",),)
    assert denied(socket, "SELECT 1", A_B, "the first") == 1045


def test_dropping_leaves_nothing_and_may_be_done_again(mysql: MySQL, socket: Path) -> None:
    before = state(socket)
    mysql.create(A_B, SECRET)
    for _ in range(2):
        mysql.drop(A_B)
        assert state(socket) == before


def test_a_locked_account_is_shut_at_once_and_keeps_its_data(mysql: MySQL, socket: Path) -> None:
    mysql.create(A_B, SECRET)
    site: Any = MySQLdb.connect(unix_socket=str(socket), user=A_B, password=SECRET, database=A_B)
    site.cursor().execute("CREATE TABLE kept (n INT)")
    for _ in range(2):
        mysql.lock(A_B)
        assert denied(socket, "SELECT 1", A_B) == 4151
        with pytest.raises(MySQLdb.Error):
            site.cursor().execute("SELECT 1")
    for _ in range(2):
        mysql.unlock(A_B)
        assert asked(socket, "SHOW TABLES", A_B, SECRET, A_B) == (("kept",),)
    mysql.drop(A_B)
    mysql.lock(A_B)
    with pytest.raises(Refused, match="The database server refuses"):
        mysql.unlock(A_B)


def test_dropping_does_not_wait_for_what_the_site_is_doing(mysql: MySQL, socket: Path) -> None:
    mysql.create(A_B, SECRET)
    site: Any = MySQLdb.connect(unix_socket=str(socket), user=A_B, password=SECRET, database=A_B)
    cursor = site.cursor()
    cursor.execute("CREATE TABLE busy (n INT)")
    cursor.execute("START TRANSACTION")
    cursor.execute("INSERT INTO busy VALUES (1)")
    begun = time.monotonic()
    mysql.drop(A_B)
    assert time.monotonic() - begun < driver.WAITS
    with pytest.raises(MySQLdb.Error):
        cursor.execute(f"CREATE DATABASE {A_B}")
    with suppress(MySQLdb.Error):
        site.close()


def test_dropping_what_somebody_else_holds_may_pass(mysql: MySQL, socket: Path) -> None:
    mysql.create(A_B, SECRET)
    asked(socket, "CREATE TABLE held (n INT)", A_B, SECRET, A_B)
    with closing(MySQLdb.connect(unix_socket=str(socket), user=administrator(), database=A_B)) as other:
        other.cursor().execute("START TRANSACTION")
        other.cursor().execute("SELECT * FROM held")
        with pytest.MonkeyPatch.context() as hasty, pytest.raises(Unavailable, match="cannot do this now: Lock wait"):
            hasty.setattr(driver, "WAITS", 1)
            mysql.drop(A_B)


@pytest.mark.parametrize("point", points("mysql."))
def test_a_crash_while_creating_is_made_good_by_either_way(mysql: MySQL, socket: Path, point: str) -> None:
    before = state(socket)
    killed_at(point, lambda: mysql.create(A_B, SECRET))
    mysql.drop(A_B)
    assert state(socket) == before
    killed_at(point, lambda: mysql.create(A_B, SECRET))
    mysql.create(A_B, SECRET)
    assert asked(socket, "SELECT DATABASE()", A_B, SECRET, A_B) == ((A_B,),)


NEXT = "the next one"
ROTATION = ["mysql.two-passwords", "mysql.one-password"]


def test_an_account_has_two_passwords_for_a_while(mysql: MySQL, socket: Path) -> None:
    mysql.create(A_B, SECRET)
    site: Any = MySQLdb.connect(unix_socket=str(socket), user=A_B, password=SECRET, database=A_B)
    for _ in range(2):
        mysql.let_both_in(A_B, SECRET, NEXT)
        assert [asked(socket, "SELECT 1", A_B, password) for password in (SECRET, NEXT)] == [((1,),), ((1,),)]
        assert denied(socket, "SELECT 1", A_B, "another") == 1045
    for _ in range(2):
        mysql.let_one_in(A_B, NEXT)
        assert asked(socket, "SELECT 1", A_B, NEXT) == ((1,),)
        assert denied(socket, "SELECT 1", A_B, SECRET) == 1045
    site.cursor().execute("SELECT 1")
    site.close()


@pytest.mark.parametrize("point", ROTATION)
def test_31_a_crash_in_a_rotation_is_made_good_by_either_way(mysql: MySQL, socket: Path, point: str) -> None:
    def rotate() -> None:
        mysql.let_both_in(A_B, SECRET, NEXT)
        mysql.let_one_in(A_B, NEXT)

    mysql.create(A_B, SECRET)
    assert killed_at(point, rotate)
    rotate()
    assert asked(socket, "SELECT 1", A_B, NEXT) == ((1,),)
    mysql.let_one_in(A_B, SECRET)
    assert killed_at(point, rotate)
    mysql.let_one_in(A_B, SECRET)
    assert asked(socket, "SELECT 1", A_B, SECRET) == ((1,),)


def test_35_a_rotation_sends_no_password_to_the_server(mysql: MySQL, socket: Path) -> None:
    mysql.create(A_B, SECRET)
    asked(socket, "SET GLOBAL log_output = 'TABLE'")
    asked(socket, "SET GLOBAL general_log = ON")
    try:
        mysql.let_both_in(A_B, SECRET, NEXT)
        mysql.let_one_in(A_B, NEXT)
    finally:
        asked(socket, "SET GLOBAL general_log = OFF")
    log = "\n".join(str(row[0]) for row in asked(socket, "SELECT argument FROM mysql.general_log"))
    assert " OR mysql_native_password USING" in log
    assert SECRET not in log
    assert NEXT not in log


@pytest.mark.parametrize("point", points("mysql."))
def test_a_crash_while_dropping_is_made_good_by_dropping_again(mysql: MySQL, socket: Path, point: str) -> None:
    before = state(socket)
    mysql.create(A_B, SECRET)
    killed_at(point, lambda: mysql.drop(A_B))
    mysql.drop(A_B)
    assert state(socket) == before


def test_every_crash_point_is_on_the_way() -> None:
    names = set(points("mysql."))
    assert len(names) == 8


@pytest.mark.parametrize("sql", ["CREATE DATABASE", "CREATE USER", "ALTER USER", "GRANT"])
def test_a_site_mysql_refuses_leaves_nothing_behind(
    mysql: MySQL, socket: Path, sql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state(socket)
    real = driver.Statements.run

    def run(self: driver.Statements, statement: str, *values: str) -> tuple[tuple[Any, ...], ...]:
        return real(self, "REFUSE THIS" if statement.startswith(sql) else statement, *values)

    monkeypatch.setattr(driver.Statements, "run", run)
    with pytest.raises(Refused, match="The database server refuses: You have an error in your SQL syntax"):
        mysql.create(A_B, SECRET)
    monkeypatch.undo()
    mysql.drop(A_B)
    assert state(socket) == before


def test_26_an_underscore_in_a_grant_is_no_wildcard(mysql: MySQL, socket: Path) -> None:
    mysql.create(A_B, SECRET)
    mysql.create(AXB, SECRET)
    asked(socket, "CREATE TABLE secrets (n INT)", AXB, SECRET, AXB)
    assert denied(socket, "SELECT * FROM fp_axb_abc123.secrets", A_B) in (1044, 1142)
    assert denied(socket, f"USE {AXB}", A_B) == 1044
    assert denied(socket, "CREATE DATABASE fp_ayb_abc123", A_B) == 1044
    grants = " ".join(row[0] for row in asked(socket, "SHOW GRANTS", A_B, SECRET))
    assert r"`fp\_a\_b\_abc123`.*" in grants


def test_27_nobody_may_use_test_databases_once_the_server_is_hardened() -> None:
    with open_folder() as folder, private_mariadb(folder / "mysql", folder / "run") as fresh:
        mysql = MySQL(fresh, administrator())
        mysql.create(A_B, SECRET)
        asked(fresh, "CREATE DATABASE test_shop")
        asked(fresh, "CREATE TABLE test_shop.wp_users (n INT)")
        assert asked(fresh, "SELECT * FROM test_shop.wp_users", A_B, SECRET) == ()
        assert len(mysql.weaknesses()) >= 3
        for _ in range(2):
            mysql.harden()
            assert mysql.weaknesses() == []
            assert denied(fresh, "SELECT * FROM test_shop.wp_users", A_B) == 1142
            assert denied(fresh, "SELECT 1", "nobody in particular", "") in (1045, 1698)
            assert not mysql.database_exists("test")
        assert mysql.database_exists("test_shop")
        mysql.ping()


def test_27_a_test_database_that_is_in_use_is_not_dropped() -> None:
    with open_folder() as folder, private_mariadb(folder / "mysql", folder / "run") as fresh:
        mysql = MySQL(fresh, administrator())
        asked(fresh, "CREATE TABLE test.kept (n INT)")
        mysql.harden()
        assert mysql.weaknesses() == []
        assert asked(fresh, "SELECT * FROM test.kept") == ()


def test_28_a_later_database_of_the_same_name_is_not_inherited(mysql: MySQL, socket: Path) -> None:
    mysql.create(A_B, SECRET)
    mysql.create(AXB, SECRET)
    asked(socket, f"GRANT SELECT ON {grant_pattern(A_B)}.* TO {AXB}@localhost")
    asked(socket, f"CREATE TABLE {A_B}.t (n INT)")
    asked(socket, f"GRANT INSERT ON {A_B}.t TO {AXB}@localhost")
    mysql.drop(A_B)
    mysql.create(A_B, "another password")
    asked(socket, f"CREATE TABLE {A_B}.t (n INT)")
    assert denied(socket, "SELECT 1", A_B) == 1045
    assert denied(socket, "SELECT * FROM fp_a_b_abc123.t", AXB) == 1142
    assert denied(socket, "INSERT INTO fp_a_b_abc123.t VALUES (1)", AXB) == 1142
    rows = asked(socket, "SELECT User FROM mysql.db WHERE Db LIKE 'fp%a%b%'")
    assert sorted(rows) == [(A_B,), (AXB,)]


@pytest.mark.parametrize(
    "name",
    [
        "x`; grant all on *.* to evil; -- ",
        "fp_a`b_abc123",
        "fp_a_b_abc123\n",
        "fp_a%b_abc123",
        "fp_A_b_abc123",
        "fp_übel_abc123",
        "fp__abc123",
        "fp_" + "a" * 17 + "_abc123",
        "root",
        "mysql",
        "test_a_abc123",
        "",
    ],
)
def test_29_what_is_not_a_sites_name_is_refused(mysql: MySQL, socket: Path, name: str) -> None:
    before = state(socket)
    with pytest.raises(Refused, match="is not the name of a site's database"):
        mysql.create(name, SECRET)
    with pytest.raises(Refused, match="is not the name of a site's database"):
        mysql.drop(name)
    assert not mysql.account_exists("evil")
    assert state(socket) == before


def test_29_the_quote_function_holds_whatever_is_in_a_name(socket: Path) -> None:
    name = "x`; grant all on *.* to evil; -- "[:60].rstrip()
    asked(socket, f"CREATE DATABASE {quote(name)}")
    assert (name,) in asked(socket, "SHOW DATABASES")
    asked(socket, f"DROP DATABASE {quote(name)}")
    for impossible in ("", "a\0b"):
        with pytest.raises(Refused):
            quote(impossible)


def test_the_longest_name_has_thirty_bytes(mysql: MySQL) -> None:
    longest = "fp01af_" + "a" * 15 + "__abc123"
    assert len(longest) == 30
    mysql.create(longest, SECRET)
    mysql.drop(longest)
    assert not mysql.database_exists(longest)


@pytest.mark.parametrize("password", ["'", "\\", '"', "a\nb", "`", "%s %%", "-- ", "\U0001f9ff", "é" * 20, "\\'; --"])
def test_30_every_password_that_can_be_sent_logs_in(mysql: MySQL, socket: Path, password: str) -> None:
    mysql.create(A_B, password)
    assert asked(socket, "SELECT 1", A_B, password) == ((1,),)


@pytest.mark.parametrize("password", ["", "a\0b"])
def test_30_what_no_client_can_send_is_refused(mysql: MySQL, socket: Path, password: str) -> None:
    before = state(socket)
    with pytest.raises(Refused, match="no NUL"):
        mysql.create(A_B, password)
    assert state(socket) == before


def test_35_the_password_is_never_sent_to_the_server(mysql: MySQL, socket: Path) -> None:
    asked(socket, "SET GLOBAL log_output = 'TABLE'")
    asked(socket, "SET GLOBAL general_log = ON")
    try:
        mysql.create(A_B, SECRET)
    finally:
        asked(socket, "SET GLOBAL general_log = OFF")
    log = "\n".join(str(row[0]) for row in asked(socket, "SELECT argument FROM mysql.general_log"))
    assert "CREATE USER" in log
    assert SECRET not in log


def test_35_an_error_does_not_show_the_password(mysql: MySQL) -> None:
    with pytest.MonkeyPatch.context() as broken, pytest.raises(HostError) as refusal:
        broken.setattr(driver, "account", lambda name: "'broken")
        mysql.create(A_B, SECRET)
    assert SECRET not in str(refusal.value)


def test_an_account_of_any_host_counts_as_there(mysql: MySQL, socket: Path) -> None:
    asked(socket, f"CREATE USER {A_B}@'10.%'")
    assert mysql.account_exists(A_B)
    asked(socket, f"DROP USER {A_B}@'10.%'")


def test_a_server_that_is_not_there_may_come_back(tmp_path: Path) -> None:
    socket = tmp_path / "mysqld.sock"
    mysql = MySQL(socket, administrator())
    for act in (mysql.ping, lambda: mysql.create(A_B, SECRET), lambda: mysql.drop(A_B), mysql.harden):
        with pytest.raises(Unavailable, match=f"The database server does not answer at {socket}"):
            act()


def test_a_server_that_hangs_is_not_waited_for(mysql: MySQL, socket: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "ANSWERS_IN", 1)
    pid = int((socket.parent.parent / "mysql" / "data" / "pid").read_text())
    os.kill(pid, signal.SIGSTOP)
    try:
        begun = time.monotonic()
        with pytest.raises(Unavailable):
            mysql.ping()
        assert time.monotonic() - begun < 60, "it was stopped for good"
    finally:
        os.kill(pid, signal.SIGCONT)
    mysql.ping()


def test_a_server_killed_in_the_middle_is_carried_on_with() -> None:
    with open_folder() as folder, private_mariadb(folder / "mysql", folder / "run") as socket:
        mysql = MySQL(socket, administrator())
        mysql.create(A_B, SECRET)
        handle = os.pidfd_open(int((folder / "mysql" / "data" / "pid").read_text()))
        signal.pidfd_send_signal(handle, signal.SIGKILL)
        assert select.select([handle], [], [], 20)[0]
        os.close(handle)
        with pytest.raises(Unavailable):
            mysql.drop(A_B)
        socket.unlink(missing_ok=True)
        again = start(folder / "mysql" / "data", folder / "run")
        try:
            mysql.drop(A_B)
            assert not mysql.database_exists(A_B)
        finally:
            end(again)


def test_whoever_the_server_does_not_know_is_told_so(socket: Path) -> None:
    with pytest.raises(Refused, match="does not let stranger do this"):
        MySQL(socket, "stranger").create(A_B, SECRET)
