"""Sites' users for a test of the drivers: real accounts of an instance of its own, gone afterwards."""

from __future__ import annotations

import os
import pwd
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from apps.host.command import Identity
from apps.host.users import Users
from frankenpanel.places import Places
from tests.parts.ground import open_folder

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="sites have users of their own only where the panel is root")


def places_in(folder: Path, instance: str | None = None) -> Places:
    """An instance of its own with everything in *folder*, the cache too."""
    run = folder / "run"
    run.mkdir(exist_ok=True)
    return Places(folder, run, folder / "cache", instance or secrets.token_hex(2))


@contextmanager
def instance() -> Iterator[Users]:
    """The users of an instance; whoever is left of it is removed."""
    with open_folder() as folder:
        users = Users(places_in(folder), separate=os.geteuid() == 0)
        try:
            yield users
        finally:
            for name in names_of(users):
                users.remove(name)


def names_of(users: Users) -> list[str]:
    prefix = users.places.site_user(0).removesuffix("0")
    return [account.pw_name for account in pwd.getpwall() if account.pw_name.startswith(prefix)]


def owner(users: Users, site_id: int) -> Identity:
    return users.create(users.places.site_user(site_id))
