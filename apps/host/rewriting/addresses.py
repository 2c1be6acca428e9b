"""What an address looks like in a text: plain, without its scheme, escaped as in JSON, encoded as in a URL."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote

import idna

from apps.host.errors import Refused

STANDARD = (80, 443)
"""Ports that an address may name or leave out."""
SLASHES = re.compile(r"(?:(?:\\{0,15}/){2}|(?:\\{1,15}u002f){2}|(?:%(?:25){0,4}2f){2})\Z", re.IGNORECASE)
LONGEST_SLASHES = 40
DASH = r"(?:-|\\{1,15}u002[dD])"
COLON = r"(?::|%(?:25){0,4}3[aA])"
GOES_ON = rf"{DASH}{{0,63}}\w|\.\w|@|:\w|%(?:25){{0,4}}(?:2[eE]|40|3[aA]\d)"
"""What follows a host name that is only the beginning of another one, or of one with another port."""
UNSAFE = re.compile(rf"(?i:\bhttp)({COLON})\Z")
Pattern = re.Pattern[str]
"""Of a host and its port. It begins with a letter's two cases, which Python looks for quickly; what must stand before
it is looked at afterwards."""


@dataclass(frozen=True)
class Addresses:
    """Which address becomes which: ``{"old.test": "new.test:7443"}``, each a host with its port where that is not 443.

    Only a whole host name after two slashes is one: neither ``bold.test`` nor ``old.test.evil`` is ``old.test``.
    Refused where what comes out would be found again, for then a second run would change it once more.
    *secure*: what stands there with http becomes https, too.
    """

    pairs: Mapping[str, str]
    secure: bool = False

    def __post_init__(self) -> None:
        for new in self.pairs.values():
            if self.finds(f"https://{new}/"):
                raise Refused(f"{new} is the old address as well as the new one; choose another.")

    @property
    def reverse(self) -> Addresses:
        """The way back, as far as there is one: of two that become one, the first is it."""
        return Addresses({new: old for old, new in reversed(list(self.pairs.items()))})

    @cached_property
    def likes(self) -> tuple[str, ...]:
        """Patterns for LIKE: whatever they do not match holds none of the addresses. They match more than is one."""
        hosts = {spelling.casefold() for old in self.pairs for spelling in _spellings(_split(old)[0])}
        return tuple(sorted({f"%{re.sub(r'[^a-z0-9.]+', '%', host)}%" for host in hosts}))

    def finds(self, text: str) -> bool:
        return any(_slashes(found) for pattern, _ in self._patterns for found in pattern.finditer(text))

    def replaced(self, text: str) -> tuple[str, int]:
        """*text* with the new addresses, and how many they are. All but host and port stays as it was written."""
        places = 0
        for pattern, new in self._patterns:
            found = [one for one in pattern.finditer(text) if _slashes(one)]
            ends = [0, *(one.end() for one in found)]
            parts = [self._before(text, end, one) + _written(new, one) for end, one in zip(ends, found, strict=False)]
            text = "".join([*parts, text[ends[-1] :]])
            places += len(found)
        return text, places

    def _before(self, text: str, end: int, one: re.Match[str]) -> str:
        """What stands between the last address, which ends at *end*, and this one."""
        before = text[end : one.start()]
        scheme = UNSAFE.search(before.removesuffix(_slashes(one))) if self.secure else None
        return f"{before[: scheme.start(1)]}s{before[scheme.start(1) :]}" if scheme else before

    @cached_property
    def _patterns(self) -> list[tuple[Pattern, str]]:
        return [(re.compile(f"{_host_and_port(old)}(?!{GOES_ON})"), new) for old, new in self.pairs.items()]


def _slashes(found: re.Match[str]) -> str:
    """The two slashes before a host, however they are written; nothing where there are none."""
    before = SLASHES.search(found.string, max(0, found.start() - LONGEST_SLASHES), found.start())
    return before[0] if before else ""


def _written(new: str, old: re.Match[str]) -> str:
    """The new address, with colon and dashes as the old one has them."""
    slashes = _slashes(old)
    if "%" in slashes:
        new = new.replace(":", slashes[: len(slashes) // 2].lower().replace("2f", "3A"))
    if dash := re.search(r"\\+u002[dD]", old[0]):
        new = new.replace("-", dash[0])
    return new


def _host_and_port(address: str) -> str:
    host, port = _split(address)
    names = [re.sub(r"\\-", lambda _: DASH, "".join(map(_either_case, name))) for name in _spellings(host)]
    ports = rf"(?:{COLON}(?:{'|'.join(map(str, STANDARD))}))?" if port in STANDARD else f"{COLON}{port}"
    return (names[0] if len(names) == 1 else f"(?:{'|'.join(names)})") + ports


def _either_case(letter: str) -> str:
    cases = {letter.lower(), letter.upper()}
    return re.escape(letter) if len(cases) == 1 or len(letter.upper()) > 1 else f"[{''.join(sorted(cases))}]"


def _split(address: str) -> tuple[str, int]:
    host, _, port = address.partition(":")
    return host, int(port or STANDARD[-1])


def _spellings(host: str) -> list[str]:
    """*host*, and where it has letters that are not ASCII, those too: as they are, and as JSON and URLs have them."""
    if "xn--" not in host:
        return [host]
    try:
        written = idna.decode(host)
    except idna.IDNAError:
        return [host]
    return [host, written, json.dumps(written)[1:-1], quote(written)]
