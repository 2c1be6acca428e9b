"""The password before a site, hashed as Caddy compares it. Nobody keeps the password itself."""

from __future__ import annotations

import os

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

LEAST, MOST = 8, 128
ROUNDS, KIBIBYTES = 4, 9216
"""What OWASP asks for where memory is dear: Caddy spends so much on each guess, and nothing on a password it knows."""


def hashed(password: str) -> str:
    """In the form of the PHC, with a salt of its own. Raises ValueError, with the end of a sentence, for a bad one."""
    if not LEAST <= len(password) <= MOST or not password.isprintable():
        raise ValueError(f"{LEAST} to {MOST} characters, none of them a line break or a tab")
    made = Argon2id(salt=os.urandom(16), length=32, iterations=ROUNDS, lanes=1, memory_cost=KIBIBYTES)
    return made.derive_phc_encoded(password.encode())
