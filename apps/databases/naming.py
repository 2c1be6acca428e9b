"""Names for databases and passwords for their accounts."""

from __future__ import annotations

import secrets
import string

from apps.operations.refusals import Invalid

ALPHABET = string.ascii_letters + string.digits
PASSWORD_LENGTH = 32
LONGEST_LABEL = 60


def database_name(prefix: str, slug: str) -> str:
    """A database's name and its account's, 30 bytes at most: the prefix, up to 16 of the slug, six at random."""
    random = "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(6))
    return f"{prefix}{slug.replace('-', '_')[:16]}_{random}"


def new_password() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(PASSWORD_LENGTH))


def check_label(label: str) -> str:
    """What a person calls it; it may be empty. Raises Invalid with a sentence."""
    label = label.strip(" ")
    if len(label) > LONGEST_LABEL or not label.isprintable():
        raise Invalid("label", f"A label is one line of at most {LONGEST_LABEL} characters; write a shorter one.")
    return label
