"""What a FrankenPHP binary says about itself, and whether the panel can use it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from apps.host.command import Identity, run
from apps.host.errors import CommandFailed, Refused
from apps.host.reach import readable

MINIMUM = (1, 12, 7)
"""Older ones corrupt opcache's memory under WordPress plugins (#1737, #2170)."""
PHP_FACTS = "echo PHP_VERSION, ' ', PHP_ZTS ? 1 : 0;"
SECONDS = 20


@dataclass(frozen=True)
class Version:
    """A binary's versions as numbers and dots: FrankenPHP's own, and that of the PHP inside it."""

    frankenphp: str
    php: str
    thread_safe: bool

    @property
    def key(self) -> str:
        return f"{self.frankenphp}-php{self.php}"

    @property
    def order(self) -> tuple[tuple[int, ...], ...]:
        return numbers(self.frankenphp), numbers(self.php)


def numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)))


def examine(binary: Path, identity: Identity | None = None) -> Version:
    """Start *binary*, as *identity* if given, and ask. Refused when it does not start or is no FrankenPHP."""
    try:
        said = run([binary, "version"], identity=identity, timeout=SECONDS).decode(errors="replace")
        named = re.search(r"FrankenPHP v?(\d+\.\d+\.\d+)", said) or _module(binary, identity)
        php, zts = run([binary, "php-cli", "-r", PHP_FACTS], identity=identity, timeout=SECONDS).decode().split()
    except (CommandFailed, PermissionError, ValueError) as error:
        raise Refused(f"{binary} does not work as FrankenPHP ({error}).") from error
    if not named:
        raise Refused(f"{binary} is not FrankenPHP.")
    return Version(named[1], php, zts == "1")


def unfit(binary: Path, version: Version) -> str:
    """Why the panel itself cannot use this one, as the end of a sentence; empty when it can."""
    if reason := too_old(version):
        return reason
    if not version.thread_safe:
        return "has a PHP that is not thread safe: it answers one request at a time"
    if os.geteuid() == 0 and not readable(binary):
        return "cannot be reached by other users than root, and each site runs as its own user"
    return ""


def too_old(version: Version) -> str:
    """Why this version will not do, as the end of a sentence; empty when it will."""
    if numbers(version.frankenphp) >= MINIMUM:
        return ""
    oldest = ".".join(map(str, MINIMUM))
    return f"is version {version.frankenphp}, and {oldest} is the oldest that will do"


def _module(binary: Path, identity: Identity | None) -> re.Match[str] | None:
    """FrankenPHP's version in a build of one's own, which tells only Caddy's with ``version``."""
    modules = run([binary, "build-info"], identity=identity, timeout=SECONDS).decode(errors="replace")
    return re.search(r"github\.com/dunglas/frankenphp\s+v(\d+\.\d+\.\d+)", modules)
