"""Values from the environment. A wrong one stops the start with a sentence that names it."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Collection, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key
from environ import Env

SOURCE = re.compile(r"FRANKENPANEL_([A-Z0-9]+)_(SOURCE|SHA256)")
ADDRESSES = ("DATABASE_URL", "CELERY_BROKER_URL")
BROKERS = ("folder", "memory", "redis", "rediss", "redis+socket")
POSTGRESQL = {
    "connect_timeout": 5,
    "tcp_user_timeout": 20_000,
    "options": "-c lock_timeout=20s -c idle_in_transaction_session_timeout=60s -c synchronous_commit=on",
}
"""A server that is away, or a lock that does not come, ends a request with a sentence instead of holding it up.

And a commit that has returned is kept, whatever the server's own default: a step acts on its line being there.
"""
SQLITE = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
}
"""A reader never waits, and a writer waits for its turn instead of failing half-way through."""
OPTIONS: dict[str, dict[str, Any]] = {
    "django.db.backends.sqlite3": SQLITE,
    "django.db.backends.postgresql": POSTGRESQL,
}
_WRITTEN = "In a password, write what is no letter or digit as %40 and the like."
DIRECTORY = re.compile(r"(https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?)?")
HOST = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}")


def text(name: str, default: str) -> str:
    return os.environ.get(name, default)


def folder(name: str, default: Path) -> Path:
    path = Path(text(name, str(default)))
    if not path.is_absolute():
        raise ImproperlyConfigured(f"{name} must be an absolute path, not {str(path)!r}.")
    return path


def boolean(name: str, *, default: bool) -> bool:
    value = text(name, "yes" if default else "no").lower()
    if value not in ("yes", "no", "true", "false", "1", "0"):
        raise ImproperlyConfigured(f"{name} must be yes or no, not {value!r}.")
    return value in ("yes", "true", "1")


def choice(name: str, default: str, allowed: Sequence[str]) -> str:
    value = text(name, default)
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(allowed)}, not {value!r}.")
    return value


def matching(name: str, default: str, pattern: re.Pattern[str], what: str) -> str:
    value = text(name, default)
    if not pattern.fullmatch(value):
        raise ImproperlyConfigured(f"{name} must be {what}, not {value!r}.")
    return value


def number(name: str, default: int, allowed: range) -> int:
    value = text(name, str(default))
    if not value.isascii() or not value.isdigit() or int(value) not in allowed:
        raise ImproperlyConfigured(f"{name} must be a number from {allowed[0]} to {allowed[-1]}, not {value!r}.")
    return int(value)


def ports(name: str, default: str) -> range:
    """A range of ports, written as ``8081-9080``: both ends belong to it."""
    value = text(name, default)
    match = re.fullmatch(r"(\d{1,5})-(\d{1,5})", value)
    if not match or not 1024 <= int(match[1]) <= int(match[2]) <= 65535:  # noqa: PLR2004 - TCP's own limits
        raise ImproperlyConfigured(f"{name} must be two ports from 1024 to 65535 as in 8081-9080, not {value!r}.")
    return range(int(match[1]), int(match[2]) + 1)


def sources(names: Collection[str]) -> dict[str, str]:
    """``FRANKENPANEL_<NAME>_SOURCE`` as ``{name: value}``, ``…_SHA256`` as ``{name.sha256: value}``.

    *names* are the sources that there are, in lower case; a variable for another is a slip of the pen.
    """
    found: dict[str, str] = {}
    for match in filter(None, map(SOURCE.fullmatch, os.environ)):
        name = match[1].lower()
        if name not in names:
            known = ", ".join(sorted(names))
            raise ImproperlyConfigured(f"{match[0]} is for no kind of site; those with a source are {known}.")
        found[name if match[2] == "SOURCE" else f"{name}.sha256"] = os.environ[match[0]]
    return found


def addresses(name: str) -> list[str]:
    """IP addresses with commas between them."""
    try:
        return [str(ip_address(one.strip())) for one in text(name, "").split(",") if one.strip()]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be IP addresses with commas between them: {error}.") from error


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    """Networks as in 10.0.0.0/8, or single addresses, with commas between them."""
    try:
        return [ip_network(one.strip()) for one in text(name, "").split(",") if one.strip()]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be networks with commas between them: {error}.") from error


def acme() -> tuple[str, str, str]:
    """Who certifies the sites' names, if not whom Caddy knows: its address, its own authority's file, our address."""
    address = "an address such as https://ca.example.com/acme/directory"
    return (
        matching("FRANKENPANEL_ACME_CA", "", DIRECTORY, address),
        matching("FRANKENPANEL_ACME_CA_ROOT", "", re.compile(r"((/[\w.+@=~,-]+)+)?"), "an absolute path"),
        matching("FRANKENPANEL_ACME_EMAIL", "", re.compile(r"([\w.+-]+@[\w.-]+)?", re.ASCII), "an e-mail address"),
    )


def secret_key(root: Path) -> str:
    """SECRET_KEY, else the file that ``./panel`` makes, else one that lives as long as this process."""
    file = root / "secret_key"
    return text("SECRET_KEY", "") or (file.read_text().strip() if file.is_file() else get_random_secret_key())


def instance_of(root: Path) -> str:
    """Empty in production, else four hex digits of the root's path."""
    return "" if root == Path("/opt/frankenpanel") else hashlib.sha256(str(root).encode()).hexdigest()[:4]


def read_instance(root: Path) -> None:
    """What the first start of this root chose (its ports, say) stands below the real environment."""
    Env.read_env(root / "instance.env") if (root / "instance.env").is_file() else None


def kept_addresses(root: Path) -> Path:
    """Where the addresses that this panel was last started with are kept: for the panel's owner alone to read."""
    return root / "keys" / "addresses.json"


def read_addresses(root: Path) -> None:
    """They stand below the real environment: whoever calls the panel without them means the same records."""
    for name in ADDRESSES:
        if not os.environ.get(name):
            os.environ.pop(name, None)
    file = kept_addresses(root)
    if os.access(file, os.R_OK):
        for name, address in json.loads(file.read_text()).items():
            os.environ.setdefault(name, address)


def database(default: str) -> dict[str, Any]:
    """DATABASE_URL as Django has it. What is wrong with one is never shown: it may hold a password."""
    try:
        found: dict[str, Any] = Env().db_url("DATABASE_URL", default=default)
    except ValueError:
        found = {}
    if found.get("ENGINE") not in OPTIONS:
        example = "postgres://panel:password@127.0.0.1:5432/panel"
        raise ImproperlyConfigured(f"DATABASE_URL must be a PostgreSQL's address, as in {example}. {_WRITTEN}")
    found["OPTIONS"] = {**OPTIONS[found["ENGINE"]], **found.get("OPTIONS", {})}
    return found


def broker(default: str) -> str:
    """CELERY_BROKER_URL, with the same care."""
    address = text("CELERY_BROKER_URL", default)
    try:
        parts = urlsplit(address)
        fits = parts.scheme in BROKERS and (parts.port is None or parts.port > 0)
    except ValueError:
        fits = False
    if not fits:
        example = "redis://:password@127.0.0.1:6379/0"
        raise ImproperlyConfigured(f"CELERY_BROKER_URL must be a Redis's address, as in {example}. {_WRITTEN}")
    return address
