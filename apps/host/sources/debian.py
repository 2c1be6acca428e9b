"""An application out of Debian's archive, checked by apt with Debian's keys. The system's apt is left alone."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from apps.host.command import run
from apps.host.download import Wanted
from apps.host.errors import CommandFailed, Refused, Unavailable
from apps.host.runtime.network import network
from apps.host.sources.origin import Tell
from apps.host.sources.plain import PlainCopy

if TYPE_CHECKING:
    from apps.sites.kinds.base import DebianPackages, Source

MIRROR = "http://deb.debian.org/debian"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
SECONDS = 900
KEPT = ("Acquire::http", "Acquire::https", "Acquire::Check-Valid-Until", "Acquire::Check-Date")
"""Of the machine's own apt settings: how it reaches its mirror, and what it thinks of the date."""
SOURCES = """\
Types: deb
URIs: {mirror}
Suites: {suite}
Components: main
Signed-By: {keyring}
Targets: Packages
Languages: none
PDiffs: no
"""
SETTINGS = """\
Dir::Etc::main "/dev/null";
Dir::Etc::parts "{folder}/empty";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "{folder}/sources";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "{folder}/empty";
Dir::State "{folder}/state";
Dir::State::status "/dev/null";
Dir::Cache "{folder}/cache";
Acquire::Retries "1";
Acquire::http::Timeout "10";
Acquire::https::Timeout "10";
"""


@dataclass(frozen=True)
class Package:
    """A file of the archive, with what the signed list says of it."""

    name: str
    file: str
    size: int
    sha256: str


class Debian:
    """One suite of Debian as an origin."""

    def __init__(self, source: Source, packages: DebianPackages, suite: str) -> None:
        self._source = source
        self._packages = packages
        self._suite = suite

    @property
    def name(self) -> str:
        return f"debian-{self._suite}"

    def get(self, folder: Path, downloads: Path, tell: Tell) -> Path:
        if not KEYRING.exists():
            raise Refused(f"Debian's archive cannot be checked: {KEYRING} is missing.")
        tell(0, 0, f"Reading the list of Debian's packages ({self._suite})")
        apt = Apt(folder.parent / "apt", self._suite)
        packages = apt.look_up(self._packages.package, self._packages.companions)
        files = list(self._download(apt, packages, downloads, tell))
        tell(0, 0, f"Unpacking {self._source.label}")
        for file in files:
            run(["dpkg-deb", "--extract", file, folder], timeout=SECONDS)
        return self._assemble(folder)

    def _download(self, apt: Apt, packages: list[Package], downloads: Path, tell: Tell) -> Iterator[Path]:
        text = f"Downloading {self._source.label} from Debian ({self._suite})"
        total = sum(package.size for package in packages)
        done = 0
        for package in sorted(packages, key=lambda package: package.size):
            tell(done, total, text)
            yield apt.download(package, downloads)
            done += package.size
        tell(total, total, text)

    def _assemble(self, root: Path) -> Path:
        """The tree, with other packages' files in place of the links to them, and everybody's licence."""
        _root_links(root, self._packages.links)
        tree = root.parent / "tree"
        copy = PlainCopy(root, self._packages.links)
        copy.to(tree, self._source.leave_out, root / self._packages.folder)
        licences = tree / "licenses"
        licences.mkdir()
        for found in sorted(root.glob("usr/share/doc/*/copyright")):
            (licences / f"{found.parent.name}.txt").write_bytes(found.read_bytes())
        return tree


class Apt:
    """apt with lists, cache and settings of its own in *folder*."""

    def __init__(self, folder: Path, suite: str) -> None:
        for name in ("empty", "sources", "state/lists/partial", "cache/archives/partial"):
            (folder / name).mkdir(parents=True)
        for made in (folder, *folder.rglob("*")):
            made.chmod(0o755)  # apt's own downloader has a user of its own
        self._env = {**network(os.environ), "APT_CONFIG": str(folder / "apt.conf")}
        text = SOURCES.format(mirror=_mirror(), suite=suite, keyring=KEYRING)
        (folder / "sources" / "debian.sources").write_text(text)
        (folder / "apt.conf").touch(mode=0o600)  # a proxy may have a password
        (folder / "apt.conf").write_text(SETTINGS.format(folder=folder) + _machines_settings())
        self._suite = suite

    def look_up(self, package: str, companions: str) -> list[Package]:
        """*package* and its companions, as the freshly signed list has them."""
        self._run(["apt-get", "update", "--error-on=any"])
        shown = self._run(["apt-cache", "show", "--no-all-versions", package])
        named = re.findall(r"^(?:Depends|Recommends): (.*)$", shown, re.MULTILINE)
        first = [re.match(r"\S+", part.strip()) for line in named for part in line.split(",")]
        wanted = {found[0] for found in first if found and re.fullmatch(companions, found[0])}
        listed = self._run(["apt-get", "download", "--print-uris", package, *sorted(wanted)])
        return [Package(*line) for line in _uris(listed)]

    def download(self, package: Package, folder: Path) -> Path:
        """The package's file; one that is there already is not fetched again."""
        file = folder / package.file
        wanted = Wanted("", package.size, {"sha256": package.sha256})
        if not file.exists() or wanted.wrong(file):
            file.unlink(missing_ok=True)
            self._run(["apt-get", "download", package.name], cwd=folder)
        if wrong := wanted.wrong(file):
            raise Unavailable(f"{package.file} {wrong}; the mirror may be in the middle of a change.")
        return file

    def _run(self, argv: list[str], cwd: Path | None = None) -> str:
        try:
            return run(argv, env=self._env, cwd=cwd, timeout=SECONDS).decode(errors="replace")
        except CommandFailed as error:
            last = [line for line in error.output.splitlines() if line.startswith("E: ")] or [str(error)]
            raise Unavailable(f"Debian's archive ({self._suite}) does not help: {last[0]}.") from error


def _uris(listed: str) -> Iterator[tuple[str, str, int, str]]:
    """From apt's lines ``'http://…' wordpress_6.1_all.deb 123 SHA256:…``."""
    line = r"^'\S+' (\S+\.deb) (\d+) SHA256:([0-9a-f]{64})$"
    for file, size, digest in re.findall(line, listed, re.MULTILINE):
        yield file.partition("_")[0], file, int(size), digest


def _mirror() -> str:
    """The mirror that the machine itself uses, or Debian's own."""
    listed = run(["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]).decode()
    found = re.search(r"^https?://\S+/debian/?$", listed, re.MULTILINE)
    return found[0] if found else MIRROR


def _machines_settings() -> str:
    return run(["apt-config", "dump", "--format", '%F "%v";%n', *KEPT]).decode()


def _root_links(root: Path, machine: tuple[str, ...]) -> None:
    """Let absolute links lead below *root*, as they would if the packages were installed there."""
    for here, folders, names in os.walk(root):
        for entry in (Path(here, name) for name in (*folders, *names)):
            if entry.is_symlink() and entry.readlink().is_absolute() and str(entry.readlink()) not in machine:
                inside = root / entry.readlink().relative_to("/")
                entry.unlink()
                entry.symlink_to(inside)
