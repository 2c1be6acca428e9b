"""PHP's source, from Debian's own archive: it is signed, and mirrored where the packages are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from apps.host.command import run
from apps.host.errors import CommandFailed, Unavailable
from apps.host.runtime.locate import Say
from apps.host.runtime.probe import numbers

SUITES = """\
Types: deb-src
URIs: http://deb.debian.org/debian
Suites: trixie sid bookworm
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb-src
URIs: http://deb.debian.org/debian-security
Suites: trixie-security bookworm-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
"""
PACKAGES = ("php8.4", "php8.2")
SECONDS = 600


@dataclass(frozen=True)
class Source:
    """A version of PHP in the archive: *version* is PHP's, *package* and *revision* are Debian's."""

    package: str
    revision: str

    @property
    def version(self) -> str:
        return re.split(r"[-+~]", self.revision)[0]

    @property
    def archive(self) -> str:
        return f"{self.package}_{self.version}.orig.tar.xz"


def download(folder: Path, env: Mapping[str, str], say: Say) -> tuple[str, Path]:
    """Fetch the newest PHP that the archive really has, and return its version and file.

    The machine's own package lists stay as they are. An archive may list what it does not have (any more),
    so older ones are tried in turn. Unavailable when there is none.
    """
    options = _apt(folder)
    failed = "the archive lists none"
    try:
        run(["apt-get", *options, "update"], env=env, timeout=SECONDS)
    except CommandFailed as error:
        failed = str(error)  # one suite that is out of date, or away, does not spoil the others
    listed = _listed(options)
    for source in newest_first(listed):
        named = f"{source.package}={source.revision}"
        try:
            fetch = ["apt-get", *options, "source", "--download-only", named]
            run(fetch, env=env, cwd=folder, timeout=SECONDS)
            return source.version, folder / source.archive
        except CommandFailed as error:
            failed = f"{named}: {error}"
            say(f"PHP {source.version} is listed but cannot be had; trying an older one.")
    raise Unavailable(f"PHP's source cannot be downloaded from Debian's archive: {failed}")


def _listed(options: list[str]) -> str:
    try:
        return run(["apt-cache", *options, "showsrc", "--only-source", *PACKAGES]).decode()
    except CommandFailed:
        return ""  # none of the names is known: no list could be read


def newest_first(listed: str) -> list[Source]:
    """The sources in what ``apt-cache showsrc`` printed."""
    return sorted(set(_read(listed)), key=lambda one: (numbers(one.version), one.revision), reverse=True)


def _read(listed: str) -> Iterator[Source]:
    for package, revision in re.findall(r"^Package: (\S+)\n(?:.*\n)*?Version: (\S+)$", listed, re.MULTILINE):
        yield Source(package, revision.partition(":")[2] or revision)


def _apt(folder: Path) -> list[str]:
    """Options that keep apt's lists and cache in *folder*."""
    for part in ("lists/partial", "archives/partial"):
        (folder / "apt" / part).mkdir(parents=True, exist_ok=True)
    sources = folder / "apt" / "debian.sources"
    sources.write_text(SUITES)
    settings = {
        "Dir::Etc::SourceList": sources,
        "Dir::Etc::SourceParts": "-",
        "Dir::State::Lists": folder / "apt" / "lists",
        "Dir::Cache": folder / "apt",
        "Acquire::Languages": "none",
    }
    return [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]
