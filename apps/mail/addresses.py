"""Addresses and hosts of mail, as they may be said to a relay."""

from __future__ import annotations

import re

LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
HOST = re.compile(rf"{LABEL}(\.{LABEL})*|\[?[0-9A-Fa-f:]{{2,45}}\]?")
ADDRESS = re.compile(rf"[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~.-]{{1,64}}@{LABEL}(\.{LABEL})*")
LONGEST_HOST, LONGEST_ADDRESS = 253, 254


def host(text: str) -> str:
    text = text.strip().lower().rstrip(".")
    if len(text) > LONGEST_HOST or not HOST.fullmatch(text):
        raise ValueError("a host name or an address of the internet, as in smtp.example.com")
    return text.strip("[]")


def address(text: str) -> str:
    text = text.strip()
    if not is_address(text):
        raise ValueError("an address of mail, as in shop@example.com")
    return text


def is_address(text: str) -> bool:
    return len(text) <= LONGEST_ADDRESS and ADDRESS.fullmatch(text) is not None
