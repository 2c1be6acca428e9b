"""Bech32 (BIP 173), in which age writes its keys: a readable beginning, 32 letters, and a checksum of six."""

from __future__ import annotations

LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
CHECKSUM = 6


def encode(beginning: str, content: bytes) -> str:
    """*content* in lower case, after *beginning* and a 1."""
    values = _regroup(content, 8, 5, pad=True)
    remainder = _polymod([*_expanded(beginning), *values, *[0] * CHECKSUM]) ^ 1
    checksum = [remainder >> 5 * (CHECKSUM - 1 - place) & 31 for place in range(CHECKSUM)]
    return f"{beginning}1{''.join(LETTERS[value] for value in (*values, *checksum))}"


def decode(beginning: str, text: str) -> bytes:
    """The content of *text*. ValueError for another beginning, a wrong checksum, mixed case or bits left over."""
    if text not in (text.lower(), text.upper()):
        raise ValueError("upper and lower case are mixed")
    found, _, letters = text.lower().rpartition("1")
    if found != beginning or len(letters) < CHECKSUM or set(letters) - set(LETTERS):
        raise ValueError(f"it is no text of {beginning}1 and letters")
    values = [LETTERS.index(letter) for letter in letters]
    if _polymod([*_expanded(beginning), *values]) != 1:
        raise ValueError("its checksum is wrong")
    return bytes(_regroup(values[:-CHECKSUM], 5, 8, pad=False))


def _expanded(beginning: str) -> list[int]:
    return [ord(letter) >> 5 for letter in beginning] + [0] + [ord(letter) & 31 for letter in beginning]


def _polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for place, generator in enumerate(GENERATORS):
            check ^= generator if top >> place & 1 else 0
    return check


def _regroup(values: bytes | list[int], old: int, new: int, *, pad: bool) -> list[int]:
    """The same bits in groups of *new* instead of *old*. Without *pad* what is left over must be zeros, and few."""
    bits = count = 0
    groups = []
    for value in values:
        bits, count = bits << old | value, count + old
        while count >= new:
            count -= new
            groups.append(bits >> count & (1 << new) - 1)
    rest = bits & (1 << count) - 1
    if pad:
        return [*groups, rest << new - count] if count else groups
    if rest or count >= old:
        raise ValueError("bits are left over")
    return groups
