"""A dump on its way in: unpacked whatever its pieces, and without the owners that it names, and nothing else of it."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.host.definers import without_definers
from apps.host.errors import Refused
from apps.host.packing import MOST, unpacked

OWNED = [
    (b"CREATE DEFINER=`root`@`localhost` PROCEDURE p()", b"CREATE  PROCEDURE p()"),
    (b"create definer = 'a'@'%' procedure p()", b"create  procedure p()"),
    (b"CREATE DEFINER=root@localhost FUNCTION f()", b"CREATE  FUNCTION f()"),
    (b"CREATE DEFINER=CURRENT_USER() EVENT e", b"CREATE  EVENT e"),
    (b"CREATE OR REPLACE DEFINER=`a``b`@`c` VIEW v", b"CREATE OR REPLACE  VIEW v"),
    (b"CREATE ALGORITHM=MERGE DEFINER=`a`@`b` SQL SECURITY DEFINER VIEW v",
     b"CREATE ALGORITHM=MERGE  SQL SECURITY DEFINER VIEW v"),
    (b"/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`b`*/ /*!50003 TRIGGER t",
     b"/*!50003 CREATE*/ /*!50017 */ /*!50003 TRIGGER t"),
    (b"/*!50001 CREATE ALGORITHM=UNDEFINED */\n/*!50013 DEFINER=`a`@`b` SQL SECURITY DEFINER */\n/*!50001 VIEW v",
     b"/*!50001 CREATE ALGORITHM=UNDEFINED */\n/*!50013  SQL SECURITY DEFINER */\n/*!50001 VIEW v"),
]  # fmt: skip
DATA = (
    b"INSERT INTO t VALUES ('CREATE DEFINER=`a`@`b` x', \"\\\"CREATE DEFINER=`a`@`b` x\");",
    b"INSERT INTO t VALUES ('it''s', 'it\\'s CREATE DEFINER=a@b x', '\\\\');",
    b"-- CREATE DEFINER=a@b don't\nSELECT 1;",
    b"# CREATE DEFINER=a@b don't\nSELECT 1;",
    b"/* CREATE DEFINER=a@b don't */ SELECT 5/2 - -3;",
    b"SELECT * FROM `CREATE DEFINER=a@b x` WHERE definer='bob'@'x';",
    b"UPDATE t SET definer = 'root'@'localhost' WHERE d - 1 = 2;",
    b"CREATE TABLE t (definer INT, undefiner INT);",
    b"CREATE DEFINER",
    b"'unclosed CREATE DEFINER=a@b x",
)


def pieces(text: bytes, size: int) -> list[bytes]:
    return [text[at : at + size] for at in range(0, len(text), size)]


@pytest.mark.parametrize("size", [1, 2, 7, 64, 10_000])
@pytest.mark.parametrize(("owned", "free"), OWNED)
def test_an_owner_is_left_out(owned: bytes, free: bytes, size: int) -> None:
    around = b"INSERT INTO t VALUES ('x');\n", b"\nSELECT 'y' -- don't\n;" + b" " * 1100
    text = around[0] + owned + around[1]
    assert b"".join(without_definers(pieces(text, size))) == around[0] + free + around[1]


@pytest.mark.parametrize("size", [1, 2, 7, 64, 10_000])
@pytest.mark.parametrize("text", DATA)
def test_nothing_else_is_changed(text: bytes, size: int) -> None:
    assert b"".join(without_definers(pieces(text, size))) == text
    if not text.startswith(b"'unclosed"):
        assert b"".join(without_definers(pieces(text * 40, size))) == text * 40


STRING = st.binary(max_size=40).map(lambda raw: b"'" + raw.replace(b"\\", b"\\\\").replace(b"'", b"\\'") + b"'")


@given(st.lists(st.one_of(STRING, st.sampled_from(DATA[:-1])), max_size=8), st.integers(1, 90))
def test_data_passes_whatever_is_in_it(parts: list[bytes], size: int) -> None:
    text = b"\n;".join(parts)
    assert b"".join(without_definers(pieces(text, size))) == text


@given(st.binary(max_size=300), st.integers(1, 40))
def test_it_is_the_same_in_any_pieces(text: bytes, size: int) -> None:
    assert b"".join(without_definers(pieces(text, size))) == b"".join(without_definers([text]))


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_what_is_packed_is_unpacked(size: int) -> None:
    text = b"SELECT 1;\n" * 1000
    twice = gzip.compress(text) + gzip.compress(text) + b"\0" * 512
    assert b"".join(unpacked(pieces(twice, size))) == text * 2
    assert b"".join(unpacked(pieces(text, size))) == text
    assert b"".join(unpacked([])) == b""


def test_what_unpacks_to_much_comes_in_small_pieces() -> None:
    bomb = gzip.compress(b"\0" * (64 << 20))
    sizes = [len(chunk) for chunk in unpacked([bomb])]
    assert sum(sizes) == 64 << 20
    assert max(sizes) <= MOST


@pytest.mark.parametrize("cut", [1, 8, 100])
def test_what_is_cut_short_is_refused(cut: int) -> None:
    packed = gzip.compress(bytes(range(256)) * 100)
    with pytest.raises(Refused, match="cut short"):
        list(unpacked([packed[:-cut]]))


def test_what_is_broken_is_refused() -> None:
    packed = bytearray(gzip.compress(zlib.compress(bytes(range(256)) * 100)))
    packed[len(packed) // 2] ^= 255
    with pytest.raises(Refused, match="is broken"):
        list(unpacked([bytes(packed)]))
    with pytest.raises(Refused, match="is broken"):
        list(unpacked([gzip.compress(b"x"), b"rubbish"]))


@pytest.mark.parametrize(("mark", "name"), [(b"PK\x03\x04..", "zip"), (b"BZh91AY", "bzip2"), (b"\xfd7zXZ\0", "xz")])
def test_what_is_packed_otherwise_is_named(mark: bytes, name: str) -> None:
    def letter_by_letter() -> Iterator[bytes]:
        yield from pieces(mark, 1)

    with pytest.raises(Refused, match=f"packed by {name}; send it as .sql or .sql.gz"):
        list(unpacked(letter_by_letter()))
