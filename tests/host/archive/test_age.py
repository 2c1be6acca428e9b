"""What age locks we unlock, and the other way round; what was changed on its way, nobody. Numbers in names are rows."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pyrage
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.host.archive import age, age_header, bech32, keys
from apps.host.archive.faults import Damaged, Locked
from apps.host.errors import Refused

KEY, OTHER, STRANGER = keys.new_key(), keys.new_key(), keys.new_key()
SIZES = (0, 1, age.PIECE - 1, age.PIECE, age.PIECE + 1, 2 * age.PIECE, 20 * age.PIECE + 5)


class Held:
    """A file in memory. *reads*: how often a part of it was asked for."""

    def __init__(self, content: bytes) -> None:
        self.content, self.size, self.reads = content, len(content), 0

    def read_at(self, offset: int, length: int) -> bytes:
        self.reads += 1
        return self.content[offset : offset + length]


def content(size: int) -> bytes:
    return (bytes(range(251)) * (size // 251 + 1))[:size]


def locked(plain: bytes, step: int = 100_000) -> bytes:
    out: list[bytes | bytearray] = []
    locking = age.Locking(out.append, [KEY.recipient, OTHER.recipient])
    for at in range(0, len(plain), step):
        locking.write(plain[at : at + step])
    locking.close()
    return b"".join(out)


def sought(sealed: bytes, key: keys.Key = KEY) -> bytes:
    unlocked = age.Unlocked(Held(sealed), [key])
    return unlocked.read_at(0, unlocked.size)


def flowing(sealed: bytes, key: keys.Key = KEY) -> bytes:
    return b"".join(age.unlocked([sealed[at : at + 77_777] for at in range(0, len(sealed), 77_777)], [key]))


WAYS = pytest.mark.parametrize("way", [sought, flowing], ids=["sought", "flowing"])


@pytest.mark.parametrize("size", SIZES)
def test_each_of_two_recipients_opens_it_with_another_program(size: int) -> None:
    sealed = locked(content(size))
    for key in (KEY, OTHER):
        assert pyrage.decrypt(sealed, [pyrage.x25519.Identity.from_str(key.identity)]) == content(size)


@WAYS
@pytest.mark.parametrize("size", SIZES)
def test_what_another_program_locked_is_opened(size: int, way: Callable[[bytes], bytes]) -> None:
    theirs = pyrage.encrypt(content(size), [pyrage.x25519.Recipient.from_str(KEY.recipient)])
    assert way(theirs) == way(locked(content(size))) == content(size)


def test_the_program_age_opens_it_and_reads_its_keys(tmp_path: Path) -> None:
    keyfile, sealed = tmp_path / "key", tmp_path / "sealed"
    keyfile.write_text(OTHER.identity)
    sealed.write_bytes(locked(content(100_000)))
    opened = subprocess.run(["age", "-d", "-i", keyfile, sealed], capture_output=True, check=True).stdout
    assert opened == content(100_000)
    made = subprocess.run(["age-keygen"], capture_output=True, text=True, check=True).stdout
    key = keys.read_key(made)
    assert key.recipient in made
    theirs = subprocess.run(["age", "-r", key.recipient], input=b"hello", capture_output=True, check=True).stdout
    assert sought(theirs, key) == b"hello"


def test_a_part_takes_no_more_reads_than_the_beginning_the_end_and_itself() -> None:
    source = Held(locked(content(3_000_000)))
    unlocked = age.Unlocked(source, [KEY])
    assert unlocked.size == 3_000_000
    assert unlocked.read_at(1_000_000, 500_000) == content(1_500_000)[1_000_000:]
    assert unlocked.read_at(2_999_990, 100) == content(3_000_000)[-10:]
    assert unlocked.read_at(3_000_000, 100) == b""
    assert source.reads <= 4


@WAYS
def test_a_stranger_gets_nothing(way: Callable[[bytes, keys.Key], bytes]) -> None:
    with pytest.raises(Locked, match="None of the keys at hand opens this archive"):
        way(locked(content(10)), STRANGER)


@WAYS
def test_43_a_flipped_bit_in_any_byte_of_the_header_is_refused(way: Callable[[bytes], bytes]) -> None:
    sealed = locked(b"content")
    for at in range(len(sealed)):
        changed = bytearray(sealed)
        changed[at] ^= 1
        with pytest.raises((Damaged, Locked)):
            way(bytes(changed))


@WAYS
@pytest.mark.parametrize("piece", range(3))
def test_43_a_flipped_bit_in_any_piece_is_refused(piece: int, way: Callable[[bytes], bytes]) -> None:
    changed = bytearray(locked(content(3 * age.PIECE)))
    changed[begin_of(changed) + piece * age.SEALED + 17] ^= 0x40
    with pytest.raises(Damaged, match="not as it was written"):
        way(bytes(changed))


@WAYS
def test_43_what_was_cut_anywhere_is_refused(way: Callable[[bytes], bytes]) -> None:
    sealed = locked(content(3 * age.PIECE + 100))
    begin = begin_of(sealed)
    ends = [begin + number * age.SEALED + more for number in range(4) for more in (-20, -1, 0, 1, 16, 17)]
    for end in [0, 1, 30, begin - 17, *ends, len(sealed) - 1]:
        with pytest.raises(Damaged):
            way(sealed[:end])


@WAYS
def test_43_pieces_in_another_order_or_of_another_archive_are_refused(way: Callable[[bytes], bytes]) -> None:
    one, two = locked(content(4 * age.PIECE)), locked(content(4 * age.PIECE))
    begin = begin_of(one)
    pieces = [one[at : at + age.SEALED] for at in range(begin, len(one), age.SEALED)]
    for mixed in (
        [pieces[1], pieces[0], *pieces[2:]],
        [pieces[0], two[begin + age.SEALED : begin + 2 * age.SEALED], *pieces[2:]],
        [*pieces[:2], pieces[3]],
        [*pieces, pieces[3]],
        [two[begin:]],
    ):
        with pytest.raises(Damaged):
            way(one[:begin] + b"".join(mixed))


def begin_of(sealed: bytes | bytearray) -> int:
    return sealed.index(b"\n", sealed.index(b"\n---") + 1) + 1 + age_header.NONCE


def test_what_age_did_not_lock_is_no_archive_of_its() -> None:
    for other in (b"", b"\x1f\x8b", b"age-encryption.org/v2\n", b"x" * 100_000):
        with pytest.raises(Damaged):
            sought(other)


def test_a_key_is_never_shown_and_a_mistyped_one_is_told() -> None:
    assert KEY.identity not in repr(KEY)
    assert keys.read_key(f"# made today\n\n{KEY.identity}\n") == KEY
    mistyped = KEY.identity[:-1] + ("Q" if KEY.identity[-1] != "Q" else "P")
    for text in ("", KEY.recipient, mistyped, f"{KEY.identity}\n{OTHER.identity}"):
        with pytest.raises(Refused) as refused:
            keys.read_key(text)
        assert text == "" or text not in str(refused.value)
    with pytest.raises(Refused, match="recipient of age cannot be read"):
        age.Locking(lambda out: None, ["age1nobody"])
    with pytest.raises(Refused, match="somebody whom it is locked for"):
        age.Locking(lambda out: None, [])


@given(st.binary(min_size=1, max_size=40))
def test_bech32_comes_back_and_knows_a_wrong_letter(value: bytes) -> None:
    text = bech32.encode("age", value)
    assert bech32.decode("age", text) == bech32.decode("age", text.upper()) == value
    for at in range(4, len(text)):
        wrong = text[:at] + ("q" if text[at] != "q" else "p") + text[at + 1 :]
        with pytest.raises(ValueError):
            bech32.decode("age", wrong)
    for other in (text[:10].upper() + text[10:] + "A", "agf" + text[3:], text[:-1], "", "age1"):
        with pytest.raises(ValueError):
            bech32.decode("age", other)
