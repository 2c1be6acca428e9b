"""What lets somebody on to the next stage: only its digest is kept."""

from __future__ import annotations

import secrets
from hashlib import sha256


def new_secret() -> str:
    return secrets.token_urlsafe(32)


def digest_of(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
