"""Where a request goes, in words: the same from the records and from what Caddy made of them, or they differ."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

OPEN = r"^/\.well-known/acme-challenge/[A-Za-z0-9_-]+$"
"""What no password stands before: a certificate's authority looks there for one file."""


def passing(port: str, token: str) -> str:
    """Where a name leads besides for whoever has the pass *token*, which itself is told to nobody."""
    return f"127.0.0.1:{port} with the pass {_digest(token)}"


def guarded(where: str, user: str, password: str) -> str:
    """*where*, for nobody but *user*, whose hashed *password* is told to nobody either."""
    return f"{where} for {user} with the password {_digest(password)}" if user else where


def trusting(where: str, proxies: Sequence[str]) -> str:
    """*where*, which is told the visitor's address as the networks *proxies* tell it."""
    return f"{where} trusting {' '.join(proxies)}" if proxies else where


def leading(path: str, target: str, status: int | str) -> str:
    """A *path* of a name that leads somewhere else."""
    return f"{path} redirect {target} {status}"


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()[:12]
