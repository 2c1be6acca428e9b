from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apps.host import packages
from apps.host.errors import CommandFailed, Refused, Unavailable
from apps.host.runtime import build, go, release, source
from apps.host.runtime import locate as locating
from apps.host.runtime.locate import Say, locate, provide
from apps.host.runtime.network import network
from apps.host.runtime.probe import examine
from apps.host.runtime.stages import OnLine, Stage, carry_out
from tests.host.webserver import Web, web_server

MACHINE = platform.machine()


def binary(path: Path, version: str = "1.12.7", zts: int = 1, php: str = "8.4.2") -> Path:
    """A program that answers the questions the panel asks of a FrankenPHP."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "#!/bin/sh\ncase $1 in\n"
        f"version) echo 'FrankenPHP v{version} PHP {php} Caddy v2.11.9 h1:x';;\n"
        f"php-cli) echo '{php} {zts}';;\nesac\n"
    )
    path.chmod(0o755)
    return path


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every user can reach: pytest's own ones are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="fpt-runtime-", dir="/var/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def cache(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(locating, "SYSTEM", place / "system")
    (place / "cache").mkdir()
    return place / "cache"


@pytest.fixture
def said() -> list[str]:
    return []


def test_the_one_that_is_set_comes_before_the_cache_and_the_cache_before_path(
    place: Path, cache: Path, said: list[str]
) -> None:
    kept = binary(cache / "frankenphp/1.12.7-php8.4.2/frankenphp")
    named = binary(place / "own" / "frankenphp")
    env = {"PATH": str(binary(place / "bin/frankenphp").parent)}
    found = locate(cache, {**env, "FRANKENPHP_BIN": str(named)}, said.append)
    assert found and (found.origin, found.binary) == ("FRANKENPHP_BIN", named)
    found = locate(cache, env, said.append)
    assert found and (found.origin, found.binary) == ("cache", kept)
    kept.unlink()
    found = locate(cache, env, said.append)
    assert found and found.origin == "PATH"
    assert said == []


def test_what_root_has_built_is_used_by_everybody(place: Path, cache: Path, said: list[str]) -> None:
    built = binary(place / "system/frankenphp/1.12.7-php8.4.2/frankenphp")
    found = locate(cache, {}, said.append)
    assert found and found.binary == built
    own = binary(cache / "frankenphp/1.12.7-php8.4.2/frankenphp")
    found = locate(cache, {}, said.append)
    assert found and found.binary == own


def test_the_newest_of_the_cache_is_used(cache: Path, said: list[str]) -> None:
    binary(cache / "frankenphp/1.12.7-php8.2.32/frankenphp")
    newest = binary(cache / "frankenphp/1.12.10-php8.2.9/frankenphp", "1.12.10")
    found = locate(cache, {}, said.append)
    assert found and found.binary == newest


@pytest.mark.parametrize(
    ("version", "zts", "reason"),
    [("1.12.6", 1, "1.12.7 is the oldest that will do"), ("1.13.0", 0, "not thread safe")],
)
def test_one_on_path_that_will_not_do_is_named_and_passed_over(
    place: Path, cache: Path, said: list[str], version: str, zts: int, reason: str
) -> None:
    path = binary(place / "bin/frankenphp", version, zts)
    assert locate(cache, {"PATH": str(path.parent)}, said.append) is None
    assert str(path) in said[0] and reason in said[0]


@pytest.mark.parametrize(("version", "zts"), [("1.11.0", 1), ("1.12.7", 0)])
def test_a_set_one_that_will_not_do_is_refused_and_not_replaced(
    place: Path, cache: Path, version: str, zts: int
) -> None:
    binary(cache / "frankenphp/1.12.7-php8.4.2/frankenphp")
    named = binary(place / "frankenphp", version, zts)
    with pytest.raises(Refused, match="FRANKENPHP_BIN"):
        locate(cache, {"FRANKENPHP_BIN": str(named)}, print)


@pytest.mark.parametrize("name", ["/nonexistent/frankenphp", "relative", "/etc/passwd"])
def test_a_set_one_that_is_no_program_is_refused_with_its_name(cache: Path, name: str) -> None:
    with pytest.raises(Refused, match=f"FRANKENPHP_BIN.*{name}"):
        locate(cache, {"FRANKENPHP_BIN": name}, print)


def test_a_program_that_is_no_frankenphp_is_passed_over(place: Path, cache: Path, said: list[str]) -> None:
    other = place / "bin" / "frankenphp"
    other.parent.mkdir()
    other.write_text("#!/bin/sh\nexit 3\n")
    other.chmod(0o755)
    assert locate(cache, {"PATH": str(other.parent)}, said.append) is None
    assert "does not work as FrankenPHP" in said[0]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's sites run as other users")
def test_one_that_site_users_cannot_reach_is_passed_over(place: Path, cache: Path, said: list[str]) -> None:
    path = binary(place / "bin/frankenphp")
    path.parent.chmod(0o700)
    assert locate(cache, {"PATH": str(path.parent)}, said.append) is None
    assert "cannot be reached by other users" in said[0]


def test_the_ways_to_get_one_are_tried_in_their_order_and_only_when_there_is_none(
    cache: Path, said: list[str]
) -> None:
    asked: list[str] = []

    def unreachable(cache: Path, say: Say) -> Path:
        asked.append("release")
        raise Unavailable("the releases cannot be reached")

    def made(cache: Path, say: Say) -> Path:
        asked.append("build")
        return binary(cache / "frankenphp/1.12.7-php8.4.2/frankenphp")

    ways = {"release": unreachable, "build": made}
    assert provide(cache, {}, said.append, ways).origin == "build"
    assert said == ["the releases cannot be reached"]
    assert provide(cache, {}, said.append, ways).origin == "cache"
    assert asked == ["release", "build"]


def test_two_that_need_one_at_once_get_it_once(cache: Path, said: list[str]) -> None:
    got: list[str] = []

    def slow(cache: Path, say: Say) -> Path:
        got.append("once")
        time.sleep(0.5)
        return binary(cache / "frankenphp/1.12.7-php8.4.2/frankenphp")

    origins: list[str] = []
    ways = {"build": slow}
    both = [
        threading.Thread(target=lambda: origins.append(provide(cache, {}, said.append, ways).origin))
        for _ in range(2)
    ]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert got == ["once"]
    assert sorted(origins) == ["build", "cache"]
    assert said == ["Another panel on this machine is getting FrankenPHP; waiting for it."]


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with web_server() as server:
        yield server


def published(web: Web, place: Path, tag: str = "v1.12.9", **facts: Any) -> dict[str, Any]:
    """A release with one file, listed as GitHub lists it."""
    architecture = release.ARCHITECTURES[MACHINE]
    content = binary(place / "published", tag.removeprefix("v")).read_bytes()
    name = f"frankenphp-linux-{architecture}"
    web.pages[f"/{tag}/{name}"] = content
    asset = {
        "name": name,
        "size": len(content),
        "digest": f"sha256:{hashlib.sha256(content).hexdigest()}",
        "browser_download_url": web.url(f"/{tag}/{name}"),
        **facts,
    }
    one = {"tag_name": tag, "draft": False, "prerelease": False, "assets": [asset]}
    web.pages["/releases"] = json.dumps([one]).encode()
    return one


def test_the_release_is_downloaded_checked_and_kept_for_the_next_clone(
    web: Web, place: Path, cache: Path, said: list[str]
) -> None:
    published(web, place)
    kept = release.fetch_release(cache, said.append, web.url("/releases"))
    assert kept == cache / "frankenphp/1.12.9-php8.4.2/frankenphp"
    assert examine(kept).frankenphp == "1.12.9"
    found = locate(cache, {}, said.append)
    assert found and found.binary == kept
    assert list((cache / "frankenphp/release").iterdir()) == []


@pytest.mark.parametrize("facts", [{"digest": "sha256:" + "0" * 64}, {"size": 5}])
def test_a_release_that_is_not_what_was_published_is_thrown_away(
    web: Web, place: Path, cache: Path, said: list[str], facts: dict[str, Any]
) -> None:
    published(web, place, **facts)
    with pytest.raises(Refused, match="instead of"):
        release.fetch_release(cache, said.append, web.url("/releases"))
    assert not list(cache.glob("frankenphp/*/frankenphp*"))


def test_a_release_without_a_digest_is_checked_by_its_size(
    web: Web, place: Path, cache: Path, said: list[str]
) -> None:
    published(web, place, digest=None)
    assert release.fetch_release(cache, said.append, web.url("/releases")).exists()


def test_a_release_whose_program_does_not_work_here_leaves_nothing(
    web: Web, place: Path, cache: Path, said: list[str]
) -> None:
    listed = published(web, place, digest=None, size=4)
    web.pages[listed["assets"][0]["browser_download_url"].removeprefix(web.url(""))] = b"\x7fELF"
    with pytest.raises(Refused):
        release.fetch_release(cache, said.append, web.url("/releases"))
    assert not list(cache.glob("frankenphp/*/frankenphp*"))


def test_a_download_that_breaks_off_goes_on(web: Web, place: Path, cache: Path, said: list[str]) -> None:
    published(web, place)
    web.break_after = [1_000_000, 50]
    web.etags = {path: '"one"' for path in web.pages}
    assert release.fetch_release(cache, said.append, web.url("/releases")).exists()
    assert web.ranges == ["bytes=50-"]


def test_only_finished_releases_of_this_major_version_count() -> None:
    name = f"frankenphp-linux-{release.ARCHITECTURES[MACHINE]}"

    def one(tag: str, **facts: bool) -> dict[str, Any]:
        listed = {"name": name, "size": 1, "browser_download_url": f"http://x/{tag}", "digest": None}
        return {"tag_name": tag, "assets": [listed], **facts}

    listed = [one("v1.12.9"), one("v1.13.0"), one("v2.0.0"), one("v1.14.0", prerelease=True), one("v1.9.9")]
    assert [asset.release for asset in release.assets(listed, MACHINE)] == ["v1.13.0"]
    assert list(release.assets(listed, "riscv64")) == []


def test_the_file_that_is_linked_to_this_machines_c_library_comes_first() -> None:
    names = ["frankenphp-linux-aarch64", "frankenphp-linux-aarch64-gnu", "frankenphp-linux-x86_64"]
    files = [{"name": name, "size": 1, "browser_download_url": "http://x", "digest": None} for name in names]
    found = release.assets([{"tag_name": "v1.12.7", "assets": files}], "aarch64")
    assert [asset.name for asset in found] == ["frankenphp-linux-aarch64-gnu", "frankenphp-linux-aarch64"]


def test_a_server_that_does_not_answer_is_given_up_within_seconds(web: Web, cache: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        with pytest.raises(Unavailable):
            release.fetch_release(cache, print, f"http://127.0.0.1:{closed.getsockname()[1]}/releases")
    web.pause = 8
    begun = time.monotonic()
    with pytest.raises(Unavailable):
        release.fetch_release(cache, print, web.url("/releases"))
    assert time.monotonic() - begun < web.pause


def stages(acts: dict[str, list[str]], failing: str = "") -> list[Stage]:
    def act(key: str) -> Any:
        def do(on_line: OnLine) -> None:
            acts.setdefault("order", []).append(key)
            for number in range(10):
                on_line(f"{key} {number}")
            if key == failing:
                raise CommandFailed("make", 2, "cc: out of memory")

        return do

    shares = {"a": 20, "b": 50, "c": 30}
    return [Stage(key, f"doing {key}", share, 10, act(key)) for key, share in shares.items()]


def test_work_that_failed_goes_on_with_the_first_stage_that_is_missing(place: Path, said: list[str]) -> None:
    acts: dict[str, list[str]] = {}
    with pytest.raises(Refused, match=f"doing b failed.*out of memory\n.*{place / 'log'}"):
        carry_out(stages(acts, failing="b"), place, said.append)
    carry_out(stages(acts), place, said.append)
    carry_out(stages(acts), place, said.append)
    assert acts["order"] == ["a", "b", "b", "c"]
    assert (place / "log").read_text().count("b 9") == 2


def test_progress_rises_and_never_says_done_too_early(place: Path, said: list[str]) -> None:
    carry_out(stages({}), place, said.append)
    percents = [int(line.split("%")[0]) for line in said]
    assert percents == sorted(percents)
    assert percents[0] == 0 and 90 < percents[-1] < 100
    assert len(percents) >= 15


def test_a_build_begins_with_what_is_missing_of_it(cache: Path) -> None:
    job = build.Build(cache, {}, "8.2.32")
    keys = [stage.key for stage in job.stages()]
    assert keys == ["unpack", "configure", "compile", "install", "go", "link"]
    assert sum(stage.share for stage in job.stages()) == 100
    (job.prefix / "lib").mkdir(parents=True)
    (job.prefix / "lib" / "php.ini").touch()
    assert [stage.key for stage in job.stages()] == ["go", "link"]


def test_a_php_that_is_built_already_is_not_built_again(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a build by hand left in the cache is taken as it is."""
    ini = cache / "php" / "8.2.32-zts" / "lib" / "php.ini"
    ini.parent.mkdir(parents=True)
    ini.touch()
    monkeypatch.setattr(packages, "install", lambda *_: None)
    monkeypatch.setattr(build.Build, "tools", lambda job, on_line: (cache / "go").mkdir())
    monkeypatch.setattr(build.Build, "link", lambda job, on_line: binary(job.binary, php=job.php))
    made = build.build(cache, {}, print)
    assert made == cache / "frankenphp/1.12.7-php8.2.32/frankenphp"
    assert [path.name for path in cache.iterdir() if path.name in ("build", "go")] == []


LISTED = """\
Package: php8.4
Binary: php8.4
Version: 8.4.28-1~deb13u1
Directory: pool/updates/main/p/php8.4

Package: php8.2
Binary: php8.2
Version: 8.2.32-1~deb12u1

Package: php8.4
Version: 8.4.9-1
"""


def test_the_newest_php_that_the_archive_really_has_is_taken(
    place: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def archive(argv: list[str], **_: Any) -> bytes:
        if argv[-1].startswith("php8.4="):
            raise CommandFailed("apt-get", 100, "404 Not Found")
        return LISTED.encode()

    monkeypatch.setattr(source, "run", archive)
    assert [one.version for one in source.newest_first(LISTED)] == ["8.4.28", "8.4.9", "8.2.32"]
    assert source.download(place, {}, said.append) == ("8.2.32", place / "php8.2_8.2.32.orig.tar.xz")
    assert [line.split()[1] for line in said] == ["8.4.28", "8.4.9"]


def test_a_suite_that_is_out_of_date_does_not_spoil_the_others(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def archive(argv: list[str], **_: Any) -> bytes:
        if argv[-1] == "update":
            raise CommandFailed("apt-get", 100, "Release file is expired")
        return LISTED.encode()

    monkeypatch.setattr(source, "run", archive)
    assert source.download(place, {}, print)[0] == "8.4.28"


def test_an_archive_that_has_no_php_is_a_sentence(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "run", lambda argv, **_: b"")
    with pytest.raises(Unavailable, match="PHP's source cannot be downloaded"):
        source.download(place, {}, print)


def test_a_go_that_is_too_old_is_not_used(place: Path) -> None:
    for version, fits in (("go1.19.8", False), ("go1.26.0", True), ("go1.27.3", True)):
        program = place / "go"
        program.write_text(f"#!/bin/sh\necho go version {version} linux/amd64\n")
        program.chmod(0o755)
        assert go._is_new_enough(program) is fits


def test_a_program_of_the_build_gets_the_proxies_and_nothing_secret() -> None:
    env = {"https_proxy": "http://p", "SECRET_KEY": "x", "DATABASE_URL": "y", "GOPROXY": "z", "NO_PROXY": "n"}
    assert network(env) == {"https_proxy": "http://p", "GOPROXY": "z", "NO_PROXY": "n"}


@pytest.mark.host
def test_the_real_one_is_new_enough_and_thread_safe() -> None:
    found = locate(Path(os.environ.get("FRANKENPANEL_CACHE", "/var/cache/frankenpanel")), os.environ, print)
    assert found and found.version.thread_safe
