"""The only places that put a name or a password into SQL, where parameters are not allowed."""

from __future__ import annotations

import hashlib
import re

from apps.host.errors import Refused

NAME = re.compile(r"fp(?:[0-9a-f]{4})?_[a-z0-9][a-z0-9_]{0,15}_[a-z0-9]{6}")


def sites_name(name: str) -> str:
    """*name* if it can be a site's database and account: ``fp<instance>_<slug>_<6 random>``, at most 30 bytes."""
    if not NAME.fullmatch(name):
        raise Refused(f"{name!r} is not the name of a site's database.")
    return name


def quote(identifier: str) -> str:
    """An identifier, whatever is in it."""
    if "\0" in identifier or not identifier:
        raise Refused(f"{identifier!r} cannot be a name in a database.")
    return "`" + identifier.replace("`", "``") + "`"


def account(name: str, host: str = "localhost") -> str:
    return f"{quote(name)}@{quote(host)}"


def grant_pattern(database: str) -> str:
    r"""The database for a GRANT, which takes a pattern: an unescaped ``a_b`` would open ``axb`` as well."""
    return quote(re.sub(r"([\\_%])", r"\\\1", database))


def password_hash(password: str) -> str:
    """What the server keeps of a password (mysql_native_password): the password itself is never sent to it.

    So it stands in no query log and no list of processes. Refused for what no client could send.
    """
    if not password or "\0" in password:
        raise Refused("A database password must have at least one character, and no NUL.")
    once = hashlib.sha1(password.encode(), usedforsecurity=False).digest()
    return "*" + hashlib.sha1(once, usedforsecurity=False).hexdigest().upper()
