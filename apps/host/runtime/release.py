"""The official release of FrankenPHP for this architecture, checked against what its publisher says of it."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps.host.download import fetch
from apps.host.errors import HostError, Refused, Unavailable
from apps.host.runtime.locate import Say
from apps.host.runtime.probe import MINIMUM, examine, numbers, unfit
from apps.host.web import read

API = "https://api.github.com/repos/php/frankenphp/releases?per_page=20"
LIMIT = 10_000_000
SECONDS = 5.0
"""How long a server may take to answer: one that cannot be reached must not hold up the build."""
ARCHITECTURES = {"x86_64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}
DIGITS = 64


@dataclass(frozen=True)
class Asset:
    """One file of a release. *size* in bytes; *sha256* is empty where the publisher gives no digest."""

    release: str
    name: str
    url: str
    size: int
    sha256: str


def fetch_release(cache: Path, say: Say, api: str = API) -> Path:
    """Download the newest usable release into *cache* and return its binary; it may be broken off.

    Unavailable when the server cannot be reached, Refused when nothing of it can be used here.
    """
    reasons: list[str] = []
    for asset in assets(_ask(api), platform.machine()):
        try:
            return _install(cache, asset, say)
        except Refused as error:
            reasons.append(str(error))
    raise Refused("; ".join(reasons) or f"There is no release of FrankenPHP for {platform.machine()}.")


def assets(releases: list[dict[str, Any]], machine: str) -> Iterator[Asset]:
    """The files to try, best first: the one that is linked to this machine's C library."""
    architecture = ARCHITECTURES.get(machine, machine)
    names = [f"frankenphp-linux-{architecture}-gnu", f"frankenphp-linux-{architecture}"]
    final = [one for one in releases if not one.get("prerelease") and not one.get("draft")]
    usable = [one for one in final if _is_ours(one["tag_name"])]
    for release in sorted(usable, key=lambda one: numbers(one["tag_name"]), reverse=True)[:1]:
        listed = {asset["name"]: asset for asset in release["assets"]}
        for name in filter(listed.__contains__, names):
            yield _asset(release["tag_name"], listed[name])


def _is_ours(tag: str) -> bool:
    """New enough, and of the same major version: the next one may want another configuration."""
    return numbers(tag) >= MINIMUM and numbers(tag)[0] == MINIMUM[0]


def _asset(release: str, listed: dict[str, Any]) -> Asset:
    algorithm, _, digest = (listed.get("digest") or "").partition(":")
    sha256 = digest if algorithm == "sha256" and len(digest) == DIGITS else ""
    return Asset(release, listed["name"], listed["browser_download_url"], listed["size"], sha256)


def _ask(api: str) -> list[dict[str, Any]]:
    try:
        listed: list[dict[str, Any]] = json.loads(read(api, LIMIT, SECONDS))
    except ValueError as error:
        raise Unavailable(f"{api} does not list FrankenPHP's releases: {error}.") from error
    return listed


def _install(cache: Path, asset: Asset, say: Say) -> Path:
    say(f"Downloading FrankenPHP {asset.release} ({asset.name}, {asset.size // 1_000_000} MB).")
    loading = cache / "frankenphp" / "release"
    loading.mkdir(parents=True, exist_ok=True)
    binary = loading / f"{asset.name}-{asset.release}"
    told = [0]

    def progress(done: int, total: int) -> None:
        tenth = 10 * done // max(total, 1)
        if tenth > told[0]:
            told[0] = tenth
            say(f"Downloading FrankenPHP: {10 * tenth} %")

    fetch(asset.url, binary, sha256=asset.sha256, size=asset.size, progress=progress, connect_timeout=SECONDS)
    return _keep(cache, binary)


def _keep(cache: Path, binary: Path) -> Path:
    binary.chmod(0o755)
    try:
        version = examine(binary)
        if reason := unfit(binary, version):
            raise Refused(f"The released {binary.name} {reason}.")
    except HostError:
        binary.unlink()
        raise
    kept = cache / "frankenphp" / version.key / "frankenphp"
    kept.parent.mkdir(parents=True, exist_ok=True)
    return binary.rename(kept)
