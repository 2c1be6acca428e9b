"""What a kind of site says of itself: plain values and texts. Nothing here touches machine or database."""

from __future__ import annotations

import re
from abc import ABC
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any, ClassVar, Literal


@dataclass(frozen=True)
class WorkerMode:
    """How FrankenPHP keeps an application in memory, where the application has the *script* for it.

    *script* lies in the document root, and answers whatever no file answers. *env* is told to it, and *paths*:
    variables with a folder of the site, relative to the site's.
    """

    script: str
    env: Mapping[str, str] = field(default_factory=dict)
    paths: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rules:
    """What a site's worker refuses and rewrites, beside what it does for every site.

    Patterns are regular expressions of Go and Python alike, compared without regard to case.
    """

    no_php: str = ""
    """Folders below the document root in which PHP is answered 403: ``uploads|cache/(a|b)``."""
    hidden: str = ""
    """Searched in a path with its leading slash, and answered 404: ``^/readme\\.html$``."""
    php: bool = True
    """False: every PHP file is answered 403."""
    rewrites: tuple[tuple[str, str], ...] = ()
    """(folder, script) for requests below the folder that name no file: ``("/api", "/api/index.php")``."""
    document_root: str = "public"
    """Relative to the site's folder."""
    worker_mode: WorkerMode | None = None


@dataclass(frozen=True)
class DebianPackages:
    """An application as Debian packages it.

    *suites*, best first. *companions* matches those packages it depends on or recommends whose files it links
    to. *folder* is where it lies in its package. *links* are files of the machine that it may link to.
    """

    package: str
    companions: str
    folder: str
    suites: tuple[str, ...] = ("sid", "bookworm")
    links: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """Where an application's files come from.

    The administrator's own archive, folder or mirror goes first (``FRANKENPANEL_<NAME>_SOURCE``), then the
    vendor's *archive*, whose hexadecimal digest is the first word at the address *checksum*, then Debian.
    A tree is recognised by its *version_file*; the one group of *version* finds the version in it. Without an
    *archive*, nothing but the administrator's own will do; without a *version*, the application bears none.
    """

    name: str
    label: str
    version_file: str
    version: str = ""
    archive: str = ""
    checksum: str = ""
    """May list several files in JSON, each with its ``filename`` and digests."""
    latest: str = ""
    """The vendor's list of versions. The highest stands for ``{version}`` in the addresses above, and with ``-`` in
    place of ``.`` for ``{dashed}``."""
    latest_version: str = ""
    """The one group of it finds the versions in the list that may be had."""
    debian: DebianPackages | None = None
    leave_out: tuple[str, ...] = ()
    """Of the tree's top: another site's configuration does not belong in a new one."""
    folders: tuple[str, ...] = ()
    """That a new site needs and that releases lack."""


@dataclass(frozen=True)
class DatabaseFacts:
    name: str
    user: str
    password: str = field(repr=False)
    socket: Path


@dataclass(frozen=True)
class ConfigKeys:
    """What the values are called in ``config_file`` that say which database it is, its account, and its password.

    *host* and *socket*: where its server is, as far as these are written down.

    *form*: ``constant`` for ``define('NAME', 'value')``, ``property`` for ``public $name = 'value'``. *copies* are
    files to which an application may have copied them: where one is there, ``config_file`` is not what counts.
    """

    form: Literal["constant", "property", "dotenv"]
    database: str
    user: str
    password: str
    copies: tuple[str, ...] = ()
    host: str = ""
    socket: str = ""


@dataclass(frozen=True)
class SiteFacts:
    """What a kind's texts are made of. *url* is the address with the public port where it is not 443."""

    id: int
    slug: str
    title: str
    url: str
    host: str
    https_port: int
    admin_user: str
    admin_email: str
    database: DatabaseFacts | None


class Kind(ABC):
    """A kind of site. A module of this package with a ``KIND`` in it is all that a further one needs.

    Paths are relative to the site's folder, as in ``public/index.php``. Texts hold values that a person
    typed: each is escaped for the language it stands in, or refused with a ValueError that is a sentence.
    """

    key: ClassVar[str]
    label: ClassVar[str]
    needs_database: ClassVar[bool] = False
    rules: ClassVar[Rules] = Rules()
    source: ClassVar[Source | None] = None
    folders: ClassVar[tuple[str, ...]] = ()
    """That a new site needs, whether or not its source has them."""
    config_file: ClassVar[str | None] = None
    config_keys: ClassVar[ConfigKeys | None] = None
    installer: ClassVar[str | None] = None
    """A PHP script that makes the application ready. Runs in ``public``, with ``install_input`` as JSON."""
    admin_path: ClassVar[str | None] = None
    """Where the administrator whom the installer makes logs in; without one, no password is made up."""
    lasting_columns: ClassVar[Collection[str]] = ()
    """Columns of its database whose addresses are names, and stay when the site's address becomes another."""
    proof_path: ClassVar[str] = "/"
    """The page by which the site is seen to work."""
    proof_statuses: ClassVar[Collection[int]] = (200,)
    """What that page may answer."""

    cron_command: ClassVar[str] = ""
    """What its software wants to be done by the clock, as a cron job's command; empty where it wants nothing."""
    cron_schedule: ClassVar[str] = "*/5 * * * *"

    def config(self, facts: SiteFacts) -> str:
        """The text of ``config_file``. Seed, Site Creation 10."""
        raise NotImplementedError(f"{self.label} has no configuration file.")

    def starter(self, facts: SiteFacts) -> Mapping[str, str]:
        """Files that a new site gets beside those of its source. Their folders are there."""
        return {}

    def placeholder(self, facts: SiteFacts) -> Mapping[str, str]:
        """Files that stand in for a source that nobody offers. Their folders are among ``folders``."""
        return {}

    def install_input(self, facts: SiteFacts, password: str) -> dict[str, Any]:
        """What the installer is told; *password* becomes the first administrator's."""
        raise NotImplementedError(f"{self.label} is not installed.")

    def recognises(self, body: str, title: str = "") -> bool:
        """Whether *body* is this kind's own page, and, with a *title*, that site's."""
        raise NotImplementedError


def page_title(body: str) -> str:
    """The page's title, as letters and digits alone: applications change quotes and dashes as they like."""
    found = re.search(r"<title[^>]*>(.*?)</title>", body, re.IGNORECASE | re.DOTALL)
    return letters(found[1]) if found else ""


def letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", unescape(text)).casefold()
