"""One thing that may be set for a site, and the forms that its value may have."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from zoneinfo import available_timezones

from apps.workers.php_ini import CHOSEN

LONGEST = 200
NAME = r"[A-Za-z0-9_][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*"
FOLDER = re.compile(rf"{NAME}(/{NAME}){{0,7}}")
ON, OFF = "on", "off"


@dataclass(frozen=True)
class Setting:
    """*default* is what holds where nothing is set, for a person to read. *check* gives the normal form, or the
    end of the sentence "A … is" as a ValueError. *ini*: the values of php.ini that follow it. *front*: the front has
    a part in it. A *secret* is never shown again, and its normal form does not tell it.
    """

    key: str
    label: str
    help: str
    default: str
    check: Callable[[str], str]
    ini: Callable[[str], Mapping[str, str]] = lambda value: {}
    choices: tuple[str, ...] = ()
    front: bool = False
    secret: bool = False


def whole(least: int, most: int, unit: str = "") -> Callable[[str], str]:
    """A whole number; *unit* may stand behind it."""

    def check(text: str) -> str:
        number = re.fullmatch(rf"(\d{{1,9}}){unit and f'{unit}?'}", text, re.ASCII)
        if number is None or not least <= int(number[1]) <= most:
            raise ValueError(f"a whole number from {least} to {most}")
        return str(int(number[1]))

    return check


def one_of(*words: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if text not in words:
            raise ValueError(" or ".join(words))
        return text

    return check


def time_zone(text: str) -> str:
    if text not in available_timezones() or not re.fullmatch(CHOSEN["date.timezone"], text, re.ASCII):
        raise ValueError("a name of the time zone database, as in Europe/Vienna")
    return text


def folder(text: str) -> str:
    """A folder below ``public``. No hidden one, and no way up: each part begins with a letter, a digit or _."""
    if len(text) > LONGEST or not FOLDER.fullmatch(text):
        raise ValueError(
            f"a folder below public, as in web or app/web: letters, digits, _ - and . in at most {LONGEST} characters"
        )
    return text
