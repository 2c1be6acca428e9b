"""Host names: the one place where a text from outside becomes a name that the front may serve.

Caddy takes ``A.test``, ``a.test.`` and ``bücher.test`` for three more names than the panel would, and braces,
spaces and line breaks for syntax. So every door, the model and the Caddyfile itself go through ``normalise``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

import idna

LONGEST = 253  # bytes, in the form that DNS carries
NAME = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+([a-z]{2,63}|xn--[a-z0-9-]{1,59})")
EXAMPLE = "shop.example.com"
WRONG = f"This is not a host name; write letters, digits, hyphens and dots, such as {EXAMPLE}."

# Looked through in this order: the first that is found in the text says what to do about it.
MISTAKES = tuple(
    (re.compile(found), sentence)
    for found, sentence in (
        (r"\A\.?\Z", f"Enter a host name, such as {EXAMPLE}."),
        (r"[/\\]", f"A host name has no http:// in front and no path behind it; write {EXAMPLE} alone."),
        (r"\A\[|:.*:", f"This is an IP address; use a name that points to it, such as {EXAMPLE}."),
        (r":", f"A host name has no port; write {EXAMPLE} alone, without the colon."),
        (r"\*", "A wildcard cannot be served; add each name by itself."),
        (r"@", f"This is an e-mail address; write what stands behind the @, such as {EXAMPLE}."),
        (r"[\x00-\x7f](?<![A-Za-z0-9.-])", "A host name has only letters, digits, hyphens and dots; remove “{}”."),
        (r"\A\.|\.\.|\.\Z", "A host name has no empty part; remove the dot that is too many."),
        (r"(\A|\.)(\d+|0x[0-9a-f]*)\Z", f"This is an IP address; use a name that points to it, such as {EXAMPLE}."),
        (r"[^.]{64}", "Between two dots a host name has at most 63 characters; shorten that part."),
        (r"(\A|\.)-|-(\.|\Z)", "No part of a host name begins or ends with a hyphen; remove that hyphen."),
    )
)


def normalise(text: str, *, development: bool, reserved: Collection[str] = ()) -> str:
    """Domain Addition 1: *text* as DNS carries it: lower case, IDNA (UTS 46), no dot at the end.

    Two spellings of one name give the same answer, so that a unique constraint on it holds.
    *reserved* are names that no site may have: the panel's own. *development* lets ``x.localhost`` pass.
    Raises ValueError with one sentence for a person, safe to log: nothing invisible of *text* is in it.
    """
    _refuse_invisible(text)
    name = _in_one_form(text).removesuffix(".")
    _refuse_mistakes(name)
    name = ".".join(map(_label, name.split(".")))
    if len(name) > LONGEST:
        raise ValueError(f"A host name has at most {LONGEST} bytes and this one has {len(name)}; shorten it.")
    _refuse_kept_names(name, development, reserved)
    if not NAME.fullmatch(name):
        raise ValueError(WRONG)
    return name


def is_normal(name: str) -> bool:
    """Whether *name* has the form that ``normalise`` gives: the last check before it is written down."""
    return len(name) <= LONGEST and NAME.fullmatch(name) is not None


def _refuse_invisible(text: str) -> None:
    if len(text) > 4 * LONGEST:  # IDNA takes quadratic time
        raise ValueError(f"A host name has at most {LONGEST} bytes; shorten it.")
    if any(unicodedata.category(character) in {"Cc", "Cs", "Co", "Zs", "Zl", "Zp"} for character in text):
        raise ValueError("A host name has no spaces, line breaks or control characters; remove them.")


def _in_one_form(text: str) -> str:
    try:
        return idna.uts46_remap(text, std3_rules=False, transitional=False)
    except (idna.IDNAError, IndexError) as error:
        raise ValueError(WRONG) from error


def _refuse_mistakes(name: str) -> None:
    for mistake, sentence in MISTAKES:
        if found := mistake.search(name):
            raise ValueError(sentence.format(found.group()))


def _label(label: str) -> str:
    """One part of the name, in ASCII. An ``xn--`` part must be the one way to write what it stands for."""
    try:
        if not label.isascii():
            return idna.alabel(label).decode()
        if label.startswith("xn--") and idna.alabel(idna.ulabel(label)).decode() != label:
            raise ValueError(WRONG)
    except (UnicodeError, IndexError) as error:  # idna's own errors are UnicodeErrors
        raise ValueError(WRONG) from error
    return label


def _refuse_kept_names(name: str, development: bool, reserved: Collection[str]) -> None:
    last = name.rpartition(".")[2]
    if name in {other.lower().rstrip(".") for other in reserved}:
        raise ValueError(f"{name} is the panel's own name; give the site another one.")
    if last == "internal":
        raise ValueError(f"Names below .internal are the server's own; use a public one, such as {EXAMPLE}.")
    if name == "localhost" or (last == "localhost" and not development) or last == "localdomain":
        raise ValueError(f"{name} means the visitor's own machine; use a public name, such as {EXAMPLE}.")
    if "." not in name:
        raise ValueError(f"A host name has at least two parts with a dot between them, such as {EXAMPLE}.")
