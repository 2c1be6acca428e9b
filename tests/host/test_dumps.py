"""Dumps out of a real MariaDB and in again. A number in a test's name is a row of "Attacks to test"."""

from __future__ import annotations

import gzip
import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from apps.host.dumps import Dumps
from apps.host.errors import Refused, Unavailable
from apps.host.login import Login
from apps.host.memory import descendants
from apps.host.mysql import MySQL
from apps.host.packing import unpacked
from apps.host.schemas import Schemas
from tests.parts import dumping
from tests.parts.ground import open_folder
from tests.parts.mariadb import administrator, away, private_mariadb
from tests.parts.tenants import instance, owner

pytestmark = pytest.mark.host
LIVE, FRESH, OTHER = "fp_shop_abc123", "fp_shop_def456", "fp_other_abc123"
ASIDE = "fp_shop_ghi789"
SECRET = """ca"n'a\\ry #1\ttab"""


@dataclass
class Ground:
    socket: Path
    mysql: MySQL
    dumps: Dumps
    schemas: Schemas
    login: Login

    def at(self, name: str) -> Login:
        return Login(name, SECRET, self.login.owner)

    def everything(self, name: str = LIVE) -> None:
        dumping.run(self.socket, name, dumping.EVERYTHING, name, SECRET)


@pytest.fixture(scope="module")
def server() -> Iterator[Ground]:
    with open_folder() as folder, instance() as users, private_mariadb(folder / "mysql", folder / "run") as socket:
        mysql = MySQL(socket, administrator())
        mysql.harden()
        yield Ground(socket, mysql, Dumps(socket), Schemas(mysql), Login(LIVE, SECRET, owner(users, 1)))


@pytest.fixture
def ground(server: Ground) -> Iterator[Ground]:
    for name in (LIVE, FRESH, OTHER):
        server.mysql.create(name, SECRET)
    yield server
    for name in (LIVE, FRESH, OTHER):
        server.mysql.drop(name)
    server.schemas.drop(ASIDE)


def test_everything_comes_back_from_a_dump(ground: Ground) -> None:
    ground.everything()
    dump = list(ground.dumps.export(ground.login))
    ground.dumps.load(ground.at(FRESH), dump)
    was, now = dumping.content(ground.socket, LIVE), dumping.content(ground.socket, FRESH)
    assert len(was["its routines"]) == 2
    assert now == was
    assert all(code[-1] == "DB@localhost" for kind in dumping.CODE for code in now[f"its {kind}"])


def test_a_dump_may_be_packed_and_come_in_any_pieces(ground: Ground) -> None:
    ground.everything()
    dump = gzip.compress(b"".join(ground.dumps.export(ground.login)))
    ground.dumps.load(ground.at(FRESH), unpacked(dump[at : at + 100] for at in range(0, len(dump), 100)))
    assert dumping.content(ground.socket, FRESH) == dumping.content(ground.socket, LIVE)


def test_35_nobody_sees_the_password_of_a_dump(ground: Ground) -> None:
    _fill(ground)
    seen = []
    for _ in ground.dumps.export(ground.login):
        for pid in descendants(os.getpid()):
            with suppress(OSError):  # it may have ended by now
                seen += [Path(f"/proc/{pid}/{file}").read_bytes() for file in ("cmdline", "environ")]
    assert any(b"mariadb-dump" in words for words in seen)
    assert not any(SECRET.encode() in words or b"ry #1" in words for words in seen)
    assert SECRET not in repr(ground.login)


HOSTILE = {
    "\\! touch {spot}": "",
    "system touch {spot}": "",
    "source {spot}": "",
    "tee {spot}": "",
    "pager cat > {spot}": "",
    "\\T {spot}": "",
    f"USE {OTHER}": "denied",
    f"CREATE TABLE {LIVE}.t (a INT)": "denied",
    f"INSERT INTO {OTHER}.t VALUES (1)": "denied",  # noqa: S608
    "CREATE DATABASE evil": "denied",
    f"GRANT ALL ON *.* TO {FRESH}@localhost": "denied",
    "SET GLOBAL general_log = ON": "SUPER",
    "SELECT 1 INTO OUTFILE '{spot}'": "denied",
    "LOAD DATA INFILE '/etc/passwd' INTO TABLE t": "denied",
    "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE t": "local",
    "SELECT LOAD_FILE('/etc/passwd') INTO @x; INSERT INTO t VALUES (LENGTH(@x))": "",
    "SELECT sleep(0) FROM mysql.user": "denied",
    "CREATE USER evil@localhost": "denied",
    "SHUTDOWN": "denied",
    "INSTALL SONAME 'ha_connect'": "denied",
    "KILL USER root": "",
}


@pytest.mark.parametrize("statement", HOSTILE)
def test_41_a_hostile_dump_reaches_nothing(statement: str, ground: Ground, tmp_path: Path) -> None:
    """What its account may not do is refused; no command of the client's is carried out, no file is touched."""
    tmp_path.chmod(0o777)
    spot = tmp_path / "spot"
    dumping.run(ground.socket, OTHER, "CREATE TABLE t (a INT)")
    before = accounts(ground)
    sql = ";\n".join(["CREATE TABLE t (a INT)", statement.format(spot=spot), ""])
    with pytest.raises(Refused, match="The dump cannot be loaded: ERROR") as refusal:
        ground.dumps.load(ground.at(FRESH), [sql.encode(), b"SELECT * FROM not_there;\n"])
    assert HOSTILE[statement] in str(refusal.value)
    assert not spot.exists()
    assert accounts(ground) == before
    assert not dumping.ask(ground.socket, OTHER, "SELECT * FROM t")
    assert not dumping.ask(ground.socket, "mysql", dumping.TABLES, LIVE)
    assert set(dumping.ask(ground.socket, FRESH, "SELECT * FROM t")) <= {(None,)}


def accounts(ground: Ground) -> object:
    queries = "SELECT * FROM user ORDER BY 1, 2", "SELECT * FROM db ORDER BY 1, 2"
    return [dumping.ask(ground.socket, "mysql", query) for query in queries]


def test_41_what_a_dump_gives_to_root_is_its_loaders(ground: Ground) -> None:
    sql = b"CREATE DEFINER=`root`@`localhost` PROCEDURE p() SQL SECURITY DEFINER DROP DATABASE mysql;\n"
    ground.dumps.load(ground.at(FRESH), [sql])
    rows = dumping.ask(ground.socket, FRESH, dumping.CODE["routines"], FRESH)
    assert rows[0][-1] == f"{FRESH}@localhost"


def test_41_a_definer_that_is_hidden_well_is_refused_by_the_server(ground: Ground) -> None:
    sql = b"CREATE /* who? */ DEFINER=`root`@`localhost` PROCEDURE p() SELECT 1;\n"
    with pytest.raises(Refused, match=r"SUPER|SET USER"):
        ground.dumps.load(ground.at(FRESH), [sql])


def test_29_no_name_but_a_sites_comes_to_the_server(ground: Ground) -> None:
    for name in ("mysql", "x`; grant all on *.* to evil; -- ", "--help", ""):
        with pytest.raises(Refused, match="is not the name of a site's database"):
            list(ground.dumps.export(ground.at(name)))
        with pytest.raises(Refused, match="is not the name of a site's database"):
            ground.schemas.size(name)
        with pytest.raises(Refused, match="is not the name of a site's database"):
            ground.schemas.swap(LIVE, FRESH, name)


def test_a_failing_statement_is_told_with_its_line(ground: Ground) -> None:
    with pytest.raises(Refused, match=r"ERROR 1146 .* at line 2"):
        ground.dumps.load(ground.at(FRESH), [b"SELECT 1;\nSELECT * FROM nowhere;\nCREATE TABLE t (a INT);\n"])
    assert ground.schemas.size(FRESH).tables == 0


def test_a_server_killed_in_the_middle_of_a_dump_leaves_no_dump(ground: Ground) -> None:
    _fill(ground)
    chunks = ground.dumps.export(ground.login)
    next(chunks)
    with away(ground.socket), pytest.raises(Unavailable, match="cannot be dumped"):
        list(chunks)


def test_a_server_killed_in_the_middle_of_a_load_may_come_back(ground: Ground) -> None:
    def halfway() -> Iterator[bytes]:
        yield b"CREATE TABLE t (a LONGTEXT);\n"
        with away(ground.socket):
            yield from (b"INSERT INTO t VALUES ('" + b"x" * 100_000 + b"');\n" for _ in range(100))

    with pytest.raises(Unavailable, match="cannot be loaded"):
        ground.dumps.load(ground.at(FRESH), halfway())
    ground.mysql.ping()


def _fill(ground: Ground) -> None:
    rows = ", ".join(["(REPEAT('x', 100000))"] * 100)
    dumping.run(ground.socket, LIVE, f"CREATE TABLE t (a LONGTEXT);\nINSERT INTO t VALUES {rows}")


class Broken(Exception):
    pass


def test_a_load_that_waits_can_be_broken_off(ground: Ground) -> None:
    begun = time.monotonic()

    def waiting() -> None:
        raise Broken

    with pytest.raises(Broken):
        ground.dumps.load(ground.at(FRESH), [b"SELECT SLEEP(60);\n"], waiting)
    assert time.monotonic() - begun < 60, "it did not wait for the statement"
    assert no_program_is_left()


def no_program_is_left() -> bool:
    return all(b"mariadb\0" not in Path(f"/proc/{pid}/cmdline").read_bytes() for pid in descendants(os.getpid()))


def test_by_two_connections_the_first_that_is_refused_ends_the_other(ground: Ground) -> None:
    def endless() -> Iterator[bytes]:
        yield b"CREATE TABLE mine (a INT);\n"
        yield b"SELECT SLEEP(60);\n"

    with pytest.raises(Refused, match="no_such"):
        ground.dumps.load_at_once(ground.at(FRESH), [endless(), [b"INSERT INTO no_such VALUES (1);\n"]])
    assert no_program_is_left()
    ground.dumps.load_at_once(ground.at(FRESH), [[b"CREATE TABLE one (a INT);\n"], [b"CREATE TABLE two (a INT);\n"]])
    assert {"one", "two"} <= set(ground.schemas.tables(FRESH))


def test_a_dumper_that_is_killed_has_made_no_dump(ground: Ground) -> None:
    _fill(ground)
    chunks = ground.dumps.export(ground.login)
    next(chunks)
    for pid in descendants(os.getpid()):
        if b"mariadb-dump" in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGKILL)
    with pytest.raises(Unavailable, match="ended by signal 9"):
        list(chunks)


# one database's content in the place of another's


def swapped(ground: Ground) -> None:
    code = ground.dumps.code(ground.at(FRESH), ground.schemas.views(FRESH))
    for _ in range(2):  # as after a crash
        ground.schemas.swap(LIVE, FRESH, ASIDE)
        ground.dumps.load(ground.login, [code])


def test_all_that_is_fresh_takes_the_place_of_what_was(ground: Ground) -> None:
    ground.everything()
    dumping.run(ground.socket, LIVE, "INSERT INTO parents (name) VALUES ('old')")
    ground.everything(FRESH)
    was, wanted = dumping.content(ground.socket, LIVE), dumping.content(ground.socket, FRESH)
    kept = ground.dumps.code(ground.login, ground.schemas.views(LIVE))
    swapped(ground)
    assert dumping.content(ground.socket, LIVE) == wanted
    ground.schemas.swap_back(LIVE, FRESH, ASIDE)
    ground.schemas.swap_back(LIVE, FRESH, ASIDE)
    ground.dumps.load(ground.login, [kept])
    assert dumping.content(ground.socket, LIVE) == was


def test_a_foreign_key_holds_after_the_move(ground: Ground) -> None:
    ground.everything(FRESH)
    swapped(ground)
    dumping.run(ground.socket, LIVE, "DELETE FROM parents WHERE id = 1", LIVE, SECRET)
    assert dumping.ask(ground.socket, LIVE, "SELECT id FROM children") == ((2,),)


def test_a_table_in_use_is_waited_for_and_then_may_be_free_later(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.host.mysql.WAITS", 1)
    ground.everything()
    ground.everything(FRESH)
    was = dumping.content(ground.socket, LIVE)
    user = dumping.connect(ground.socket, LIVE)
    user.autocommit(False)
    user.cursor().execute("SELECT * FROM parents")
    kept = ground.dumps.code(ground.login, ground.schemas.views(LIVE))
    with pytest.raises(Unavailable, match="cannot do this now"):
        ground.schemas.swap(LIVE, FRESH, ASIDE)
    user.close()
    ground.schemas.swap_back(LIVE, FRESH, ASIDE)
    ground.dumps.load(ground.login, [kept])
    assert dumping.content(ground.socket, LIVE) == was


def test_a_server_killed_while_it_renames_has_renamed_all_or_nothing(ground: Ground) -> None:
    for name, mark in ((LIVE, "old"), (FRESH, "new")):
        tables = "".join(f"CREATE TABLE t{number} (a VARCHAR(9));\n" for number in range(60))
        rows = "".join(f"INSERT INTO t{number} VALUES ('{mark}');\n" for number in range(60))  # noqa: S608
        dumping.run(ground.socket, name, tables + rows)
    seen = set()
    for delay in (0.002, 0.01, 0.02, 0.03, 0.05):
        child = os.fork()
        if not child:
            try:
                ground.schemas.swap(LIVE, FRESH, ASIDE)
            finally:
                os._exit(0)
        time.sleep(delay)
        with away(ground.socket):
            os.waitpid(child, 0)
        queries = (f"SELECT a FROM t{number}" for number in range(60))  # noqa: S608
        marks = {dumping.ask(ground.socket, LIVE, query)[0][0] for query in queries}
        assert len(marks) == 1, f"killed after {delay} s: {marks}"
        seen |= marks
        ground.schemas.swap_back(LIVE, FRESH, ASIDE)
        assert dumping.ask(ground.socket, LIVE, "SELECT a FROM t59") == (("old",),)
    assert seen <= {"old", "new"}


def test_a_dump_without_a_table_is_no_new_content(ground: Ground) -> None:
    ground.dumps.load(ground.at(FRESH), [b"SELECT 1;\n"])
    with pytest.raises(Refused, match="holds no table"):
        ground.schemas.must_be_movable(FRESH)


def test_a_default_that_would_point_back_is_refused(ground: Ground) -> None:
    sql = b"CREATE SEQUENCE s; CREATE TABLE t (a INT DEFAULT nextval(s));\n"
    ground.dumps.load(ground.at(FRESH), [sql])
    with pytest.raises(Refused, match="table t takes its default from a sequence"):
        ground.schemas.must_be_movable(FRESH)


def test_sizes_and_room_are_told(ground: Ground) -> None:
    ground.everything()
    size = ground.schemas.size(LIVE)
    assert (size.tables, size.loose) == (10, 3)
    assert size.bytes >= size.data > 0
    assert ground.schemas.free() > 0
    ground.schemas.empty(FRESH, LIVE)
    assert ground.schemas.size(FRESH).tables == 0
