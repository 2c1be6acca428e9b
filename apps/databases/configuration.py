"""The file in which a site's application finds its database: read, and changed in one value, never written anew.

It is the owner's by now: salts, comments and settings of his own stand in it. What is read from it is his word.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from apps.databases import dotenv, literals
from apps.databases.literals import Literal
from apps.databases.models import Database
from apps.host.errors import Refused
from apps.operations.run import Run
from apps.sites.kinds import escaping
from apps.sites.kinds.base import ConfigKeys
from apps.sites.models import Site
from apps.sites.owner import kind_of, owner_of

LONGEST = 1_000_000


@dataclass(frozen=True)
class Login:
    """What a configuration says of a database, and of its account, which has the same name; and of its server."""

    name: str
    password: str = field(repr=False)
    socket: str = ""


@dataclass(frozen=True)
class Configuration:
    """One reading of it: *text* in bytes, and where the values of *keys* stand in it."""

    file: str
    keys: ConfigKeys
    text: bytes
    found: dict[str, list[Literal]]

    @property
    def database(self) -> str:
        """The database that it names; empty where it names none, or more than one."""
        names = self.found[self.keys.database]
        return names[0].value if len(names) == 1 else ""

    @property
    def password(self) -> str:
        return self._password.value

    def says(self, password: str) -> bool:
        """Whether that is the password in it, as far as one can be found."""
        return [place.value for place in self.found[self.keys.password]] == [password]

    def with_password(self, password: str) -> str:
        """The same text with another password in it."""
        return self._with([(self._password, password)])

    def with_login(self, login: Login) -> str:
        """The same text with another database, the account of its name, and that one's password in it.

        With the server's *socket*, it is found there, wherever the one before was.
        """
        names = [place for key in (self.keys.database, self.keys.user) for place in self.found[key]]
        values = [(self._password, login.password), *((place, login.name) for place in names)]
        return self._with([*values, *self._server(login.socket)]) + self._further(login.socket)

    def _server(self, socket: str) -> list[tuple[Literal, str]]:
        host = "localhost" if self.keys.socket else f"localhost:{socket}"
        values = {self.keys.host: host, self.keys.socket: socket} if socket else {}
        return [(place, value) for key, value in values.items() for place in self.found.get(key, [])]

    def _further(self, socket: str) -> str:
        """A line for the socket, where there is none."""
        if not socket or not self.keys.socket or self.found[self.keys.socket]:
            return ""
        return f"\n{self.keys.socket}={escaping.dotenv(socket)}\n"

    def _with(self, values: list[tuple[Literal, str]]) -> str:
        """Each value in its place; from the end on, so that the places before stay where they are."""
        escaped = escaping.dotenv if self.keys.form == "dotenv" else escaping.php
        text = self.text
        for place, value in sorted(values, key=lambda one: one[0].start, reverse=True):
            text = text[: place.start] + escaped(value).encode() + text[place.end :]
        try:
            return text.decode()
        except UnicodeDecodeError as error:
            raise Refused(f"{self.file} is not UTF-8, so the panel changes nothing in it; save it as UTF-8.") from error

    @property
    def _password(self) -> Literal:
        """Refused where it does not stand there once, as a plain value."""
        places = self.found[self.keys.password]
        if len(places) != 1:
            raise Refused(
                f"{self.file} has {len(places)} plain values for {self.keys.password}, so the panel cannot tell"
                " where the password is; write it there once, as a text in quotes, and try again."
            )
        return places[0]


def read(run: Run, site: Site, folder: str = "") -> Configuration | None:
    """The site's configuration as it is now; None where its kind has none, or the file is not there.

    *folder*: another than the site's own, beside it, that is made like it. Refused where a link stands in its place,
    or it cannot be read as what it is.
    """
    kind, owner = kind_of(site), owner_of(run, site)
    file, keys = kind.config_file, kind.config_keys
    if file is None or keys is None or not run.host.files.is_file_as(owner, folder or site.slug, file):
        return None
    text = run.host.files.read_as(owner, folder or site.slug, file, LONGEST)
    wanted = [name for name in (keys.database, keys.user, keys.password, keys.host, keys.socket) if name]
    if keys.form == "dotenv":
        found = dotenv.find(text, wanted)
    else:
        found = literals.find(run.host.php.at(site.runtime.path), owner, keys.form, text, wanted)
    return Configuration(file, keys, text, found)


def configured(run: Run, site: Site) -> Database | None:
    """The database that the site's configuration names, else the site's first one that is in use."""
    configuration = read(run, site)
    in_use = site.databases.filter(status=Database.Status.ACTIVE).order_by("pk")
    named = in_use.filter(name=configuration.database).first() if configuration else None
    return named or in_use.first()
