from __future__ import annotations

import hashlib
import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from apps.host.download import Tampered
from apps.host.errors import Refused, Unavailable
from apps.host.sources import Sources
from apps.sites.kinds.base import Source
from tests.host.releases import FILES, VERSION, app, tar, zipped
from tests.host.webserver import Web, web_server

NEVER = Path("/nowhere")


@pytest.fixture
def web() -> Iterator[Web]:
    with web_server() as server:
        publish(server, tar())
        yield server


def publish(web: Web, archive: bytes) -> None:
    digest = hashlib.sha1(archive, usedforsecurity=False).hexdigest()
    web.pages["/latest.tar.gz"] = archive
    web.pages["/latest.tar.gz.sha1"] = f"{digest}\n".encode()
    web.etags["/latest.tar.gz"] = f'"{digest}"'


def names(tree: Path) -> set[str]:
    return {str(path.relative_to(tree)) for path in tree.rglob("*") if path.is_file()}


def left_in(cache: Path) -> set[str]:
    return {path.name for path in (cache / "app").iterdir()} - {".lock"}


# -- the vendor's release


def test_a_release_is_unpacked_once_and_can_be_read_by_all(web: Web, tmp_path: Path) -> None:
    sources = Sources(tmp_path / "cache", {})
    assert sources.ready(app(web.url(""))) is None
    before = os.umask(0o077)
    try:
        tree = sources.tree(app(web.url("")))
    finally:
        os.umask(before)
    assert tree == tmp_path / "cache" / "app" / "7.0-127.0.0.1"
    assert names(tree) == {"index.php", "inc/version.php", "inc/a.js"}, "without config.php"
    assert (tree / "content" / "extra").is_dir()
    modes = {stat.S_IMODE(path.stat().st_mode) for path in [tmp_path / "cache", tree, *tree.rglob("*")]}
    assert modes == {0o755, 0o644}
    assert left_in(tmp_path / "cache") == {"7.0-127.0.0.1", "7.0-127.0.0.1.json"}
    asked = len(web.asked)
    assert sources.tree(app(web.url(""))) == sources.ready(app(web.url(""))) == tree
    assert len(web.asked) == asked


def test_one_changed_byte_is_refused_and_leaves_nothing(web: Web, tmp_path: Path) -> None:
    """Row 66 of the attacks. No other origin is tried: somebody must look at it."""
    archive = web.pages["/latest.tar.gz"]
    web.pages["/latest.tar.gz"] = archive[:-1] + bytes([archive[-1] ^ 1])
    with pytest.raises(Tampered, match="has the sha1 digest"):
        Sources(tmp_path, {}).tree(app(web.url("")))
    assert left_in(tmp_path) == {".downloads"}
    assert list((tmp_path / "app" / ".downloads").iterdir()) == []


def test_a_vendor_that_cannot_be_reached_is_given_up_with_a_hint(tmp_path: Path) -> None:
    start = time.monotonic()
    with pytest.raises(Unavailable, match=r"cannot be had.*FRANKENPANEL_APP_SOURCE may name an archive"):
        Sources(tmp_path, {}).tree(app("http://vendor.invalid"))
    assert time.monotonic() - start < 7


def test_what_is_published_in_place_of_a_checksum_is_refused(web: Web, tmp_path: Path) -> None:
    web.pages["/latest.tar.gz.sha1"] = b"<html>Please log in to the hotel's network</html>"
    with pytest.raises(Refused, match="has no checksum"):
        Sources(tmp_path, {}).tree(app(web.url("")))


def test_a_release_of_something_else_is_refused(web: Web, tmp_path: Path) -> None:
    publish(web, tar({"other.php": "x"}))
    with pytest.raises(Refused, match=r"There is no The App in it: inc/version\.php is missing"):
        Sources(tmp_path, {}).tree(app(web.url("")))
    assert ".new" not in "".join(left_in(tmp_path))


def test_a_version_that_is_a_path_is_refused(web: Web, tmp_path: Path) -> None:
    publish(web, tar({"inc/version.php": VERSION.format("7/../../x")}))
    with pytest.raises(Refused, match="does not say which version"):
        Sources(tmp_path, {}).tree(app(web.url("")))


def test_the_newest_of_the_cache_is_taken(web: Web, tmp_path: Path) -> None:
    for version in ("9.9", "10.2", "10.10"):
        tree = tmp_path / "app" / f"{version}-127.0.0.1"
        tree.mkdir(parents=True)
        tree.with_name(tree.name + ".json").write_text("{}")
    (tmp_path / "app" / "11.0-127.0.0.1").mkdir()  # without its mark
    ready = Sources(tmp_path, {}).ready(app(web.url("")))
    assert ready == tmp_path / "app" / "10.10-127.0.0.1"


# -- at once, broken off, killed


def test_two_at_once_fetch_once(web: Web, tmp_path: Path) -> None:
    web.slow = 0.5
    told: list[str] = []
    one = threading.Thread(target=Sources(tmp_path, {}).tree, args=(app(web.url("")),))
    one.start()
    while "/latest.tar.gz" not in web.asked:
        time.sleep(0.01)
    Sources(tmp_path, {}).tree(app(web.url("")), lambda done, total, text: told.append(text))
    one.join()
    assert web.asked.count("/latest.tar.gz") == 1
    assert set(told) == {"The App is being fetched by another process"}


def test_a_killed_fetch_leaves_nothing_that_is_taken_for_a_tree(web: Web, tmp_path: Path) -> None:
    web.slow = 30
    code = """
import sys
from pathlib import Path
from apps.host.sources import Sources
from tests.host.releases import app
Sources(Path(sys.argv[1]), {}).tree(app(sys.argv[2]))
"""
    with subprocess.Popen([sys.executable, "-c", code, tmp_path, web.url("")]) as child:
        while not list(tmp_path.glob("app/.new-*")) or "/latest.tar.gz" not in web.asked:
            time.sleep(0.01)
        child.send_signal(signal.SIGKILL)
    web.slow = 0
    assert Sources(tmp_path, {}).ready(app(web.url(""))) is None
    Sources(tmp_path, {}).tree(app(web.url("")))
    assert left_in(tmp_path) == {"7.0-127.0.0.1", "7.0-127.0.0.1.json"}


def test_a_tree_without_its_mark_is_got_anew(web: Web, tmp_path: Path) -> None:
    half = tmp_path / "app" / "7.0-127.0.0.1"
    half.mkdir(parents=True)
    (half / "half").touch()
    assert "half" not in names(Sources(tmp_path, {}).tree(app(web.url(""))))


def test_what_progress_raises_breaks_off_and_the_next_call_goes_on(web: Web, tmp_path: Path) -> None:
    told: list[tuple[int, int, str]] = []

    class Cancelled(Exception):
        pass

    def cancel(done: int, total: int, text: str) -> None:
        told.append((done, total, text))
        if text.startswith("Unpacking"):
            raise Cancelled

    with pytest.raises(Cancelled):
        Sources(tmp_path, {}).tree(app(web.url("")), cancel)
    size = len(web.pages["/latest.tar.gz"])
    assert told[0] == (size, size, "Downloading The App from 127.0.0.1")
    assert left_in(tmp_path) == {".downloads"}
    Sources(tmp_path, {}).tree(app(web.url("")))
    assert web.asked.count("/latest.tar.gz") == 1


def test_a_full_disk_is_said_in_a_sentence(web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("apps.host.sources.archive.shutil.copyfileobj", full)
    with pytest.raises(Refused, match="is full; make room and try again"):
        Sources(tmp_path, {}).tree(app(web.url("")))
    assert left_in(tmp_path) == {".downloads"}


def test_a_cache_that_others_can_change_is_refused(web: Web, tmp_path: Path) -> None:
    Sources(tmp_path, {}).tree(app(web.url("")))
    (tmp_path / "app").chmod(0o777)
    with pytest.raises(Refused, match="can be changed by others"):
        Sources(tmp_path, {}).tree(app(web.url("")))


# -- the administrator's own


@pytest.mark.parametrize(("ending", "made"), [("tar.gz", tar), ("zip", zipped)])
def test_an_archive_of_this_machine_goes_first(tmp_path: Path, ending: str, made: type[bytes]) -> None:
    archive = tmp_path / f"release.{ending}"
    archive.write_bytes(made())
    tree = Sources(tmp_path, {"app": str(archive)}).tree(app())
    assert names(tree) == {"index.php", "inc/version.php", "inc/a.js"}
    facts = json.loads(tree.with_name(f"{tree.name}.json").read_text())
    assert facts == {"version": "7.0", "origin": tree.name.removeprefix("7.0-"), "bytes": facts["bytes"]}


def test_a_newer_archive_of_the_same_name_is_another_tree(tmp_path: Path) -> None:
    archive = tmp_path / "release.tar.gz"
    archive.write_bytes(tar())
    sources = Sources(tmp_path, {"app": str(archive)})
    first = sources.tree(app())
    archive.write_bytes(tar({**FILES, "inc/version.php": VERSION.format("7.1-beta2")}))
    assert sources.tree(app()).name.startswith("7.1.beta2-own-")
    assert first.exists()


def test_a_folder_is_copied_with_its_links_inside_as_files(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    (folder / "inc").mkdir(parents=True)
    for name, text in FILES.items():
        (folder / name).write_text(text)
    (folder / "alias.js").symlink_to("inc/a.js")
    (folder / "inc2").symlink_to(folder / "inc")
    tree = Sources(tmp_path, {"app": str(folder)}).tree(app())
    assert names(tree) >= {"alias.js", "inc2/a.js"}
    assert not [path for path in tree.rglob("*") if path.is_symlink()]


@pytest.mark.parametrize(
    ("link", "sentence"),
    [("/etc/passwd", "leads out of"), ("missing", "is not there"), ("../mine", "lies too deep")],
)
def test_a_folder_with_a_link_that_leads_nowhere_good_is_refused(tmp_path: Path, link: str, sentence: str) -> None:
    folder = tmp_path / "mine"
    (folder / "inc").mkdir(parents=True)
    (folder / "inc" / "version.php").write_text(VERSION.format("7.0"))
    (folder / "bad").symlink_to(link)
    with pytest.raises(Refused, match=sentence):
        Sources(tmp_path, {"app": str(folder)}).tree(app())
    assert left_in(tmp_path) == {".downloads"}


def test_a_folder_with_a_socket_or_pipe_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    (folder / "inc").mkdir(parents=True)
    (folder / "inc" / "version.php").write_text(VERSION.format("7.0"))
    os.mkfifo(folder / "pipe")
    with pytest.raises(Refused, match="neither a file nor a folder"):
        Sources(tmp_path, {"app": str(folder)}).tree(app())


@pytest.mark.parametrize("setting", ["/nowhere/app.tar.gz", "app.tar.gz", "ftp://vendor.test/app.tar.gz"])
def test_a_setting_that_leads_nowhere_is_refused_and_nothing_else_tried(
    web: Web, tmp_path: Path, setting: str
) -> None:
    with pytest.raises(Refused, match="must be an absolute path or an address"):
        Sources(tmp_path, {"app": setting}).tree(app(web.url("")))
    assert web.asked == []


def test_a_mirror_is_asked_for_the_vendors_file_and_checksum(web: Web, tmp_path: Path) -> None:
    for name in ("latest.tar.gz", "latest.tar.gz.sha1"):
        web.pages[f"/mirror/{name}"] = web.pages.pop(f"/{name}")
    tree = Sources(tmp_path, {"app": web.url("/mirror/")}).tree(app("https://vendor.invalid"))
    assert tree.name.startswith("7.0-own-")


def test_an_archive_elsewhere_needs_a_digest(web: Web, tmp_path: Path) -> None:
    web.pages["/mine.tar.gz"] = tar()
    digest = hashlib.sha256(web.pages["/mine.tar.gz"]).hexdigest()
    overrides = {"app": web.url("/mine.tar.gz")}
    with pytest.raises(Refused, match="set FRANKENPANEL_APP_SHA256"):
        Sources(tmp_path, overrides).tree(app())
    with pytest.raises(Tampered):
        Sources(tmp_path, {**overrides, "app.sha256": "0" * 64}).tree(app())
    assert Sources(tmp_path, {**overrides, "app.sha256": digest}).tree(app()).is_dir()


def test_an_archive_here_is_held_against_its_digest(tmp_path: Path) -> None:
    archive = tmp_path / "release.tar.gz"
    archive.write_bytes(tar())
    with pytest.raises(Tampered, match="has the sha256 digest"):
        Sources(tmp_path, {"app": str(archive), "app.sha256": "0" * 64}).tree(app())


# -- vendors with a list of versions, or with nothing


def listed(web: Web, archive: bytes) -> Source:
    """A vendor whose addresses have the version in them, and whose digests come as JSON."""
    name = "App_7.10-Full.zip"
    digests = {algorithm: hashlib.new(algorithm, archive).hexdigest() for algorithm in ("md5", "sha1", "sha512")}
    other = {"filename": "App_7.10-Update.zip", "sha512": "0" * 128}
    branches = [{"version": version} for version in ("8.0", "7.9", "7.10")]
    web.pages["/latest"] = json.dumps({"branches": branches}).encode()
    web.pages["/signatures/7-10"] = json.dumps({"files": [other, {"filename": name, **digests}]}).encode()
    web.pages[f"/7.10/{name}"] = archive
    return replace(
        app(),
        latest=web.url("/latest"),
        latest_version=r'"version"\s*:\s*"(7\.[0-9.]+)"',
        archive=web.url("/{version}/App_{version}-Full.zip"),
        checksum=web.url("/signatures/{dashed}"),
    )


def test_the_newest_of_a_vendors_list_is_fetched_and_held_against_its_entry(web: Web, tmp_path: Path) -> None:
    source = listed(web, zipped())
    assert names(Sources(tmp_path, {}).tree(source)) == {"index.php", "inc/version.php", "inc/a.js"}
    assert "/7.10/App_7.10-Full.zip" in web.asked


def test_one_changed_byte_of_a_listed_release_is_refused(web: Web, tmp_path: Path) -> None:
    source = listed(web, zipped())
    web.pages["/7.10/App_7.10-Full.zip"] += b"x"
    with pytest.raises(Tampered, match="has the sha512 digest"):
        Sources(tmp_path, {}).tree(source)


@pytest.mark.parametrize("list_", [b"{}", b'{"version": "8.0"}', b'{"version": "7.1/../../x"}'])
def test_a_list_without_a_version_is_refused(web: Web, tmp_path: Path, list_: bytes) -> None:
    source = listed(web, zipped())
    web.pages["/latest"] = list_
    with pytest.raises(Refused, match="lists no version of The App"):
        Sources(tmp_path, {}).tree(source)


@pytest.mark.parametrize("entries", [b"[]", b"{", b'[{"filename": "App_7.10-Full.zip", "size": 3, "md5": "00"}]'])
def test_a_list_of_checksums_without_the_release_is_refused(web: Web, tmp_path: Path, entries: bytes) -> None:
    source = listed(web, zipped())
    web.pages["/signatures/7-10"] = entries
    with pytest.raises(Refused, match="has no checksum"):
        Sources(tmp_path, {}).tree(source)


def test_a_mirror_cannot_stand_for_a_vendor_with_versions(web: Web, tmp_path: Path) -> None:
    source = listed(web, zipped())
    with pytest.raises(Refused, match="for The App it must be one"):
        Sources(tmp_path, {"app": web.url("/mirror/")}).tree(source)


def test_what_no_vendor_has_is_offered_by_the_administrator_alone(tmp_path: Path) -> None:
    source = replace(app(), archive="", version="")
    archive = tmp_path / "mine.zip"
    archive.write_bytes(zipped())
    assert not Sources(tmp_path, {}).offers(source)
    mine = Sources(tmp_path, {"app": str(archive)})
    assert mine.offers(source)
    assert mine.tree(source).name.startswith("0-own-")
