"""A database's dump in an archive: in parts as it is written, and of use as a whole, by tables, and by shares."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.host.archive import dump_parts
from apps.host.archive.dump_parts import CODE, TABLE, parts
from apps.host.archive.keys import new_key
from apps.host.archive.reading import Archive
from apps.host.archive.sources import local_file
from apps.host.archive.stored_dump import StoredDump, in_shares
from apps.host.archive.writing import Content, write_archive
from apps.host.dumps import Dumps
from apps.host.errors import Refused
from apps.host.login import Login
from apps.host.mysql import MySQL
from tests.parts import dumping
from tests.parts.ground import open_folder
from tests.parts.mariadb import administrator, private_mariadb
from tests.parts.tenants import instance, owner

LIVE, FRESH, SECRET = "fp_shop_abc123", "fp_shop_def456", "a pass'word"
TRAP = """CREATE PROCEDURE trap() BEGIN SELECT '
--
-- Table structure for table `parents`
--
'; END;
"""


@dataclass
class Server:
    folder: Path
    socket: Path
    mysql: MySQL
    dumps: Dumps
    login: Login

    def fresh(self) -> Login:
        self.mysql.drop(FRESH)
        self.mysql.create(FRESH, SECRET)
        return Login(FRESH, SECRET, self.login.owner)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with open_folder() as folder, instance() as users, private_mariadb(folder / "mysql", folder / "run") as socket:
        mysql = MySQL(socket, administrator())
        mysql.harden()
        mysql.create(LIVE, SECRET)
        dumping.run(socket, LIVE, dumping.EVERYTHING, LIVE, SECRET)
        connection = dumping.connect(socket, LIVE, LIVE, SECRET)
        connection.cursor().execute(TRAP)
        connection.close()
        yield Server(folder, socket, mysql, Dumps(socket), Login(LIVE, SECRET, owner(users, 1)))


@pytest.fixture(scope="module")
def stored(server: Server) -> Iterator[StoredDump]:
    key, path = new_key(), server.folder / "saved.tar.gz.age"
    content = Content({}, [key.recipient], {LIVE: server.dumps.export(server.login)})
    write_archive(server.folder, path, content)
    with local_file(server.folder, path) as file:
        yield StoredDump(Archive(file, [key]), LIVE)


@pytest.mark.host
def test_all_of_it_comes_back(server: Server, stored: StoredDump) -> None:
    server.dumps.load(server.fresh(), stored.sql())
    assert dumping.content(server.socket, FRESH) == dumping.content(server.socket, LIVE)


@pytest.mark.host
def test_it_comes_back_by_shares_too(server: Server, stored: StoredDump) -> None:
    login = server.fresh()
    for shares in ([stored.sequences_sql()], in_shares(stored, 3), [stored.code_sql()]):
        server.dumps.load_at_once(login, shares)
    assert dumping.content(server.socket, FRESH) == dumping.content(server.socket, LIVE)


@pytest.mark.host
def test_one_table_comes_back_with_its_rows_and_triggers_alone(server: Server, stored: StoredDump) -> None:
    server.dumps.load(server.fresh(), stored.tables_sql(["parents"]))
    was, now = dumping.content(server.socket, LIVE), dumping.content(server.socket, FRESH)
    assert {name for name in now if not name.startswith("its ")} == {"parents"}
    assert (now["parents"], now["its triggers"]) == (was["parents"], was["its triggers"])
    with pytest.raises(Refused, match="has no table nowhere"):
        stored.tables_sql(["nowhere"])


@pytest.mark.host
@pytest.mark.host
def test_threads_that_read_it_do_not_get_each_others_bytes(stored: StoredDump) -> None:
    entries = [entry for entry in stored.archive.index.entries() if entry.kind == "file"]
    wanted = [b"".join(stored.archive.content(entry)) for entry in entries]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(20):
            found = pool.map(lambda entry: b"".join(stored.archive.content(entry)), entries)
            assert list(found) == wanted


@pytest.mark.host
def test_a_comment_within_a_routine_is_no_table(server: Server, stored: StoredDump) -> None:
    names = {name for (name, kind, _) in dumping.ask(server.socket, LIVE, dumping.TABLES, LIVE) if kind != "SEQUENCE"}
    assert set(stored.tables()) == names
    assert "odd `name; --" in names
    dump = list(server.dumps.export(server.login))
    found = list(parts(dump))
    assert [part.table for part in found if part.kind == TABLE].count("parents") == 1
    assert b"trap" in b"".join(part.sql for part in found if part.kind == CODE)
    assert b"".join(part.sql for part in found) == b"".join(dump)


PIECES = st.sampled_from([
    b"--\n-- Table structure for table `a``b`\n--\n", b"\n", b"DELIMITER ;;\n", b"DELIMITER ;\n", b"x" * 90, b";\n",
    b"--\n-- Dumping routines for database 'x'\n--\n", b"INSERT INTO `a` VALUES (1);\n", b"--\n-- ",
])  # fmt: skip


@given(st.lists(PIECES, max_size=60), st.integers(1, 400))
def test_put_together_the_parts_are_the_dump_however_it_came(pieces: list[bytes], size: int) -> None:
    dump = b"".join(pieces)
    chunks = [dump[at : at + size] for at in range(0, len(dump), size)]
    found = list(parts(chunks))
    assert b"".join(part.sql for part in found) == dump
    assert found == list(parts([dump]))


def test_parts_stay_small_even_where_a_row_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dump_parts, "USUAL", 5000)
    monkeypatch.setattr(dump_parts, "MOST", 10_000)
    dump = b"INSERT INTO t VALUES ('a');\n" * 900 + b"INSERT INTO t VALUES ('" + b"x" * 60_000 + b"');\n"
    found = list(parts([dump[at : at + 999] for at in range(0, len(dump), 999)]))
    assert b"".join(part.sql for part in found) == dump
    assert all(len(part.sql) <= 10_000 for part in found[:-1])
    assert all(part.sql.endswith(b";\n") for part in found[:3])
