"""The Unix accounts of sites: each site its own, without a shell, a home or a password.

An account carries a mark (its comment): one that somebody else made is neither taken over nor removed.
Where the panel is not root there is one user for everything: whoever started it.
"""

from __future__ import annotations

import grp
import os
import pwd
import re
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep

from apps.host.account_locks import clear_stale, holders
from apps.host.account_numbers import next_number
from apps.host.command import Identity, holding, run
from apps.host.crash import CrashPoint
from apps.host.errors import CommandFailed, Refused, Unavailable
from apps.host.oplock import acquire
from apps.host.processes import end_all
from frankenpanel.places import Places

MARK = "FrankenPanel site"
PATIENCE = 20.0
"""Seconds to wait for other panels on this machine that change users; each change takes about 0.02."""
BUSY = 1.0
"""Seconds to wait for any other program that is changing users."""
TRIES, NUMBER_TAKEN = 5, 4
"""How often a number is looked for, and useradd's exit code when somebody else has it by then."""
CLEARED = CrashPoint("users.remains-cleared")
ADDED = CrashPoint("users.added")
ENDED = CrashPoint("users.processes-ended")
REMOVED = CrashPoint("users.removed")


class Users:
    def __init__(self, places: Places, separate: bool) -> None:
        """*separate*: each site has its own user, which takes root. Otherwise every site is the caller."""
        self.places = places
        self.separate = separate

    def exists(self, name: str) -> bool:
        """Whether a user or a group, of whomever, has this name."""
        return self.separate and (_account(name) is not None or _group(name) is not None)

    def identity(self, name: str) -> Identity:
        """The account, or the caller where sites have none of their own. Refused when it is not there."""
        if not self.separate:
            return _caller()
        account = _account(name)
        if account is None:
            raise Refused(f"The user {name} is not there; start the site's creation again.")
        return Identity(name, account.pw_uid, account.pw_gid)

    def create(self, name: str) -> Identity:
        """Add the site's user and group. Being there already is no error, nor half of it, after a crash."""
        if self.separate:
            self._must_be_a_sites(name)
            with self._alone():
                if not self._is_whole(name):
                    self._clear(name)
                    CLEARED()
                    self._add(name)
                    ADDED()
        return self.identity(name)

    def end_processes(self, name: str) -> None:
        """End all processes of the site's user. Not being there is no error; where all is one user's, nothing ends."""
        if not self.separate:
            return
        self._must_be_a_sites(name)
        account = _account(name)
        if account is not None:
            _must_be_marked(account)
            end_all(Identity(name, account.pw_uid, account.pw_gid))
        ENDED()

    def remove(self, name: str) -> None:
        """End all processes of the site's user, then remove it and its group. Not being there is no error.

        Refused for a user that is not a site's of this panel.
        """
        if not self.separate:
            return
        self.end_processes(name)
        with self._alone():
            self._clear(name)

    def _is_whole(self, name: str) -> bool:
        account, group = _account(name), _group(name)
        if account is not None:
            _must_be_marked(account)
        return account is not None and group is not None and account.pw_gid == group.gr_gid

    def _clear(self, name: str) -> None:
        """Remove whatever there is of it: the user, usually with its group, and a group without a user."""
        if _account(name) is not None:
            _change("userdel", "--force", "--", name)  # force: dead processes that nobody waits for
            REMOVED()
        if _group(name) is not None:
            _change("groupdel", "--", name)

    def _add(self, name: str) -> None:
        options = ["--system", "--user-group", "--no-create-home", "--no-log-init"]
        looks = ["--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", "--comment", MARK]
        for _ in range(TRIES):
            number = next_number(self.places.cache / "last-site-user")
            try:
                _change("useradd", *options, "--uid", str(number), *looks, "--", name)
                return
            except CommandFailed as failed:
                if failed.code != NUMBER_TAKEN:
                    raise  # else a program that knows nothing of our lock, a package's say, was quicker
        raise Unavailable("Other programs take each user number that was free a moment ago.")

    def _must_be_a_sites(self, name: str) -> None:
        pattern = re.escape(self.places.site_user(0)).removesuffix("0") + "[1-9][0-9]{0,9}"
        if not re.fullmatch(pattern, name):
            raise Refused(f"{name!r} is not the user of a site of this panel.")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """useradd and userdel refuse to run beside one another, so that panels take turns.

        They inherit the lock: those of a killed runner may still be dying when the next one comes.
        """
        self.places.cache.mkdir(mode=0o755, parents=True, exist_ok=True)
        lock = acquire(self.places.cache / "accounts.lock", PATIENCE)
        if lock is None:
            raise Unavailable("Another panel on this machine has been changing its users for a long time.")
        try:
            clear_stale()
            with holding(lock):
                yield
        finally:
            os.close(lock)


def _change(*argv: str) -> None:
    """Run a program that changes the list of users; one of a killed runner may still be dying with its lock."""
    until = monotonic() + BUSY
    while not _changed(argv):
        if monotonic() > until:
            raise Unavailable(f"The list of users is locked by another program: {holders()}.")
        sleep(0.05)
        clear_stale()


def _changed(argv: tuple[str, ...]) -> bool:
    try:
        run(argv)
    except CommandFailed as failed:
        if "cannot lock" not in failed.output:
            raise
        return False
    return True


def _must_be_marked(account: pwd.struct_passwd) -> None:
    if account.pw_gecos != MARK or account.pw_uid == 0:
        raise Refused(f"The user {account.pw_name} was not made by the panel; rename it and try again.")


def _account(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _group(name: str) -> grp.struct_group | None:
    try:
        return grp.getgrnam(name)
    except KeyError:
        return None


def _caller() -> Identity:
    uid = os.geteuid()
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        name = str(uid)  # in a container the caller need not have an account
    return Identity(name, uid, os.getegid())
