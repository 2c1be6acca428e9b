"""Debian's packages, out of a small archive of the same form, through the real apt."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings

from apps.host.errors import Unavailable
from apps.host.sources import Sources, debian
from apps.sites.kinds import KINDS
from tests.host.debian_archive import Archive
from tests.host.releases import DEBIAN, VERSION, app
from tests.host.webserver import Web, web_server

pytestmark = [
    pytest.mark.host,
    pytest.mark.skipif(not all(map(shutil.which, ("apt-get", "dpkg-deb", "gpg"))), reason="needs apt and gpg"),
]


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that apt's own user may enter."""
    made = Path(tempfile.mkdtemp(prefix="fpd-", dir="/var/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def archive(folder: Path) -> Archive:
    made = Archive(folder / "archive")
    made.folder.mkdir()
    files = {
        "usr/share/app/index.php": "<?php",
        "usr/share/app/inc/version.php": VERSION.format("7.0"),
        "usr/share/app/config.php": "Debian's own",
        "etc/app/htaccess": "",
    }
    links = {
        "usr/share/app/inc/lib.js": "../../javascript/lib/lib.min.js",
        "usr/share/app/theme": "/var/lib/app/theme",
        "usr/share/app/host": "/etc/hostname",
    }
    made.add("app", files, links, "Depends: apache2 | httpd, libjs-lib (>= 1)\nRecommends: app-theme-one\n")
    made.add("libjs-lib", {"usr/share/javascript/lib/lib.js": "lib"}, {"usr/share/javascript/lib/lib.min.js": "lib.js"})
    made.add("app-theme-one", {"var/lib/app/theme/style.css": "css"}, {})
    made.add("apache2", {"usr/sbin/apache2": "not wanted"}, {})
    return made


@pytest.fixture
def web(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    with web_server() as server:
        server.pages = archive.pages
        monkeypatch.setattr(debian, "KEYRING", archive.keyring)
        monkeypatch.setattr(debian, "_mirror", lambda: server.url("/debian"))
        yield server


def machine() -> str:
    """The machine's own apt: settings, lists and packages, as one digest."""
    found = hashlib.sha256()
    for top in ("/etc/apt", "/var/lib/apt/lists", "/var/cache/apt"):
        for here, _, names in sorted(os.walk(top)):
            for name in sorted(names):
                file = Path(here, name)
                found.update(f"{file} {file.lstat().st_mtime_ns} {file.lstat().st_size}\n".encode())
    return found.hexdigest()


def test_an_application_is_put_together_from_its_packages(folder: Path, archive: Archive, web: Web) -> None:
    archive.sign()
    before = machine()
    told: list[tuple[int, int]] = []
    tree = Sources(folder / "cache", {}).tree(
        app(debian=DEBIAN), lambda done, total, text: told.append((done, total))
    )
    assert machine() == before
    assert tree.name == "7.0-debian-sid"
    assert (tree / "inc" / "lib.js").read_text() == "lib"
    assert (tree / "theme" / "style.css").read_text() == "css"
    assert (tree / "host").read_text() == Path("/etc/hostname").read_text()
    assert not (tree / "config.php").exists()
    assert not [path for path in tree.rglob("*") if path.is_symlink()]
    licences = {path.name for path in (tree / "licenses").iterdir()}
    assert licences == {"app.txt", "libjs-lib.txt", "app-theme-one.txt"}
    size = sum(len(page) for path, page in web.pages.items() if path.endswith(".deb") and "apache2" not in path)
    assert told[-2] == (size, size)
    assert {path.name for path in tree.parent.iterdir()} == {tree.name, f"{tree.name}.json", ".lock"}


def test_a_package_that_was_changed_is_not_taken(folder: Path, archive: Archive, web: Web) -> None:
    archive.sign()
    path = "/debian/pool/app_7.0-1_all.deb"
    web.pages[path] = web.pages[path][:-1] + b"!"
    with pytest.raises(Unavailable, match=r"Debian's archive \(sid\) does not help"):
        Sources(folder / "cache", {}).tree(app(debian=DEBIAN))
    assert Sources(folder / "cache", {}).ready(app(debian=DEBIAN)) is None


def test_lists_that_were_changed_are_not_taken(folder: Path, archive: Archive, web: Web) -> None:
    archive.sign()
    path = "/debian/dists/sid/main/binary-all/Packages"
    web.pages[path] = web.pages[path].replace(b"7.0-1", b"7.0-2")
    with pytest.raises(Unavailable, match="does not help"):
        Sources(folder / "cache", {}).tree(app(debian=DEBIAN))


def test_another_key_is_not_taken(folder: Path, archive: Archive, web: Web) -> None:
    archive.sign()
    shutil.copy("/usr/share/keyrings/debian-archive-keyring.gpg", archive.keyring)
    with pytest.raises(Unavailable, match="does not help"):
        Sources(folder / "cache", {}).tree(app(debian=DEBIAN))


def test_a_link_to_what_no_package_has_is_refused(folder: Path, archive: Archive, web: Web) -> None:
    archive.add("app2", {"usr/share/app/inc/version.php": "x"}, {"usr/share/app/new.js": "/usr/share/new.js"})
    archive.sign()
    with pytest.raises(Unavailable, match=r"new\.js is a link to usr/share/new\.js, which is not there"):
        Sources(folder / "cache", {}).tree(app(debian=replace(DEBIAN, package="app2")))


def test_a_suite_that_lacks_the_package_is_followed_by_the_next(folder: Path, archive: Archive, web: Web) -> None:
    archive.sign()
    tree = Sources(folder / "cache", {}).tree(app(debian=replace(DEBIAN, suites=("trixie", "sid"))))
    assert tree.name == "7.0-debian-sid"


def test_an_interrupted_set_of_packages_is_completed(folder: Path, archive: Archive, web: Web) -> None:
    archive.sign()
    theme = "/debian/pool/app-theme-one_7.0-1_all.deb"
    page = web.pages.pop(theme)
    with pytest.raises(Unavailable):
        Sources(folder / "cache", {}).tree(app(debian=DEBIAN))
    web.pages[theme] = page
    Sources(folder / "cache", {}).tree(app(debian=DEBIAN))
    assert web.asked.count("/debian/pool/libjs-lib_7.0-1_all.deb") == 1


def test_without_debians_keys_its_archive_is_refused(
    folder: Path, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(debian, "KEYRING", folder / "missing")
    with pytest.raises(Unavailable, match=r"cannot be checked: .*/missing is missing"):
        Sources(folder / "cache", {}).tree(app(debian=DEBIAN))


def test_the_real_wordpress_is_whole() -> None:
    """Whatever origin this machine could reach. Got once, then from the cache."""
    source = KINDS["wordpress"].source
    assert source
    tree = Sources(settings.PLACES.cache, {}).tree(source)
    assert not (tree / "wp-config.php").exists()
    assert not (tree / ".htaccess").exists()
    assert (tree / "wp-content" / "mu-plugins").is_dir()
    assert (tree / "wp-includes" / "certificates" / "ca-bundle.crt").read_text().count("BEGIN CERTIFICATE") > 50
    entries = [tree, *tree.rglob("*")]
    assert not [path for path in entries if path.is_symlink()]
    assert {path.stat().st_mode & 0o777 for path in entries} == {0o755, 0o644}
    assert {path.stat().st_uid for path in entries} <= {0, os.geteuid()}
    assert list(tree.glob("wp-content/themes/*/style.css"))
