from __future__ import annotations

import hashlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.host import web as asking
from apps.host.download import Tampered, fetch
from apps.host.errors import Refused, Unavailable
from tests.host.webserver import Web, encrypted, web_server

CONTENT = os.urandom(700_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
PATH = "/files/thing.tar.gz"
FETCH = """
import sys
from pathlib import Path
from apps.host.download import fetch
fetch(sys.argv[1], Path(sys.argv[2]))
"""
LOADED = "import apps.host.download, sys; print({'django', 'celery'} & sys.modules.keys())"


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with web_server() as server:
        server.pages[PATH] = CONTENT
        server.etags[PATH] = '"first"'
        yield server


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "thing"


def left_in(target: Path) -> list[str]:
    return sorted(path.name for path in target.parent.iterdir()) if target.parent.exists() else []


def test_a_file_arrives_whole_readable_by_all_and_alone(web: Web, target: Path) -> None:
    seen: list[tuple[int, int]] = []
    fetched = fetch(
        web.url(PATH),
        target,
        sha256=SHA256,
        size=700_000,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert fetched == target
    assert target.read_bytes() == CONTENT
    assert target.stat().st_mode & 0o777 == 0o644
    assert left_in(target) == ["thing"]
    assert seen[-1] == (700_000, 700_000)


def test_a_file_that_is_there_is_not_asked_for_again(web: Web, target: Path) -> None:
    fetch(web.url(PATH), target, sha256=SHA256)
    fetch(web.url(PATH), target, sha256=SHA256)
    assert len(web.asked) == 1


def test_a_file_that_is_there_but_another_one_is_replaced(web: Web, target: Path) -> None:
    target.parent.mkdir()
    target.write_bytes(b"old")
    fetch(web.url(PATH), target, sha256=SHA256)
    assert target.read_bytes() == CONTENT


def test_a_broken_transfer_goes_on_where_it_stopped(web: Web, target: Path) -> None:
    web.break_after = [300_000, 200_000]
    fetch(web.url(PATH), target, sha256=SHA256)
    assert web.ranges == ["bytes=300000-", "bytes=500000-"]
    assert target.read_bytes() == CONTENT


def test_a_server_that_always_breaks_off_is_given_up_and_resumed_later(web: Web, target: Path) -> None:
    web.break_after = [300_000, 0, 0, 0]
    with pytest.raises(Unavailable, match="Try again: what has arrived is kept"):
        fetch(web.url(PATH), target, sha256=SHA256)
    assert "thing" not in left_in(target)
    fetch(web.url(PATH), target, sha256=SHA256)
    assert web.ranges[-1] == "bytes=300000-"
    assert target.read_bytes() == CONTENT
    assert left_in(target) == ["thing"]


def test_a_killed_download_is_resumed_by_the_next_process(web: Web, target: Path) -> None:
    web.slow = 30
    part = Path(f"{target}.part")
    with subprocess.Popen([sys.executable, "-c", FETCH, web.url(PATH), target]) as child:
        while not part.exists() or part.stat().st_size < 262_144:
            time.sleep(0.01)
        child.send_signal(signal.SIGKILL)
    web.slow = 0
    held = part.stat().st_size
    fetch(web.url(PATH), target, sha256=SHA256)
    assert web.ranges == [f"bytes={held}-"]
    assert target.read_bytes() == CONTENT


def test_a_server_that_ignores_range_is_read_from_the_start(web: Web, target: Path) -> None:
    web.break_after = [300_000]
    web.ignore_range = True
    fetch(web.url(PATH), target, sha256=SHA256)
    assert target.read_bytes() == CONTENT


def test_a_server_that_sends_another_part_is_read_from_the_start(web: Web, target: Path) -> None:
    web.break_after = [300_000]
    web.wrong_range = True
    fetch(web.url(PATH), target, sha256=SHA256)
    assert target.read_bytes() == CONTENT


def test_a_file_that_changed_meanwhile_is_never_mixed(web: Web, target: Path) -> None:
    web.break_after = [300_000, 0, 0, 0]
    with pytest.raises(Unavailable):
        fetch(web.url(PATH), target)
    web.pages[PATH] = os.urandom(700_000)
    web.etags[PATH] = '"second"'
    fetch(web.url(PATH), target)
    assert target.read_bytes() == web.pages[PATH]


def test_a_server_without_tags_is_read_from_the_start(web: Web, target: Path) -> None:
    web.etags.clear()
    web.break_after = [300_000]
    fetch(web.url(PATH), target)
    assert web.ranges == []
    assert target.read_bytes() == CONTENT


def test_a_spoilt_rest_is_fetched_anew_before_anybody_is_blamed(web: Web, target: Path) -> None:
    web.break_after = [300_000, 0, 0, 0]
    with pytest.raises(Unavailable):
        fetch(web.url(PATH), target, sha256=SHA256)
    with Path(f"{target}.part").open("r+b") as part:
        part.write(b"spoilt")
    fetch(web.url(PATH), target, sha256=SHA256)
    assert target.read_bytes() == CONTENT


def test_one_changed_byte_is_refused_and_leaves_nothing(web: Web, target: Path) -> None:
    """Row 66 of the attacks."""
    web.pages[PATH] = CONTENT[:-1] + bytes([CONTENT[-1] ^ 1])
    with pytest.raises(Tampered, match="has the sha256 digest"):
        fetch(web.url(PATH), target, sha256=SHA256, size=700_000)
    assert left_in(target) == []


def test_a_sha1_is_checked_where_the_publisher_has_nothing_better(web: Web, target: Path) -> None:
    fetch(web.url(PATH), target, sha1=hashlib.sha1(CONTENT, usedforsecurity=False).hexdigest().upper())
    web.pages["/other"] = CONTENT[:-1]
    with pytest.raises(Tampered):
        fetch(web.url("/other"), target, sha1=hashlib.sha1(CONTENT, usedforsecurity=False).hexdigest() + "0")
    assert left_in(target) == ["thing"]


def test_another_size_is_refused_before_the_download(web: Web, target: Path) -> None:
    seen: list[int] = []
    with pytest.raises(Tampered, match="has 700000 bytes instead of 699999"):
        fetch(web.url(PATH), target, size=699_999, progress=lambda done, total: seen.append(done))
    assert seen == []
    assert left_in(target) == []


@pytest.mark.parametrize(
    ("status", "kind"), [(404, Refused), (403, Refused), (503, Unavailable), (429, Unavailable)]
)
def test_a_server_that_will_not_is_not_confused_with_one_that_cannot(
    web: Web, target: Path, status: int, kind: type[Exception]
) -> None:
    web.status = status
    with pytest.raises(kind, match=f"/files/thing.tar.gz answered {status}"):
        fetch(web.url(PATH), target)
    assert not target.exists()


def test_nobody_there_is_said_at_once(target: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    with pytest.raises(Unavailable, match="cannot be reached"):
        fetch(f"http://127.0.0.1:{port}/x", target)


def test_a_name_nobody_knows_is_said_at_once(target: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        fetch("http://nowhere.invalid/x", target)


def test_a_silent_server_is_given_up_in_time(web: Web, target: Path) -> None:
    web.pause = 2
    start = time.monotonic()
    with pytest.raises(Unavailable, match=r"did not answer within 0\.3 seconds"):
        fetch(web.url(PATH), target, connect_timeout=0.3)
    assert time.monotonic() - start < web.pause


def test_a_connection_that_stands_still_is_given_up(
    web: Web, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "STALL", 0.2)
    web.slow = 3
    with pytest.raises(Unavailable, match=r"broke: timed out|did not answer"):
        fetch(web.url(PATH), target)


def test_two_at_once_make_one_request(web: Web, target: Path) -> None:
    web.slow = 0.5
    waited: list[int] = []
    one = threading.Thread(target=fetch, args=(web.url(PATH), target), kwargs={"sha256": SHA256})
    one.start()
    while not web.asked:
        time.sleep(0.01)
    fetch(web.url(PATH), target, sha256=SHA256, progress=lambda done, total: waited.append(done))
    one.join()
    assert len(web.asked) == 1
    assert waited
    assert left_in(target) == ["thing"]


def test_the_proxy_of_the_environment_is_used_and_no_proxy_heeded(
    web: Web, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", web.url(""))
    fetch("http://mirror.invalid" + PATH, target, sha256=SHA256)
    assert web.asked == ["http://mirror.invalid" + PATH]
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    fetch(web.url(PATH), target.with_name("direct"), sha256=SHA256)
    assert web.asked[-1] == PATH


def test_a_redirect_never_leads_out_of_http(web: Web, target: Path) -> None:
    web.status = 302
    web.location = "file:///etc/passwd"
    with pytest.raises((Refused, Unavailable)):
        fetch(web.url(PATH), target)
    assert not target.exists()


def test_an_encrypted_address_leads_to_no_other(web: Web, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with encrypted(web, target.parent) as certificate:
        secure = web.url(PATH).replace("http:", "https:")
        with pytest.raises(Refused, match="certificate verify failed"):
            fetch(secure, target)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert fetch(secure, target, sha256=SHA256).read_bytes() == CONTENT
        web.status, web.location = 302, "http://127.0.0.1:1/thing"
        with pytest.raises(Refused, match=r"leads to http://127\.0\.0\.1:1/thing, which is not encrypted"):
            fetch(secure, target.with_name("other"))


def test_no_password_of_an_address_is_shown(web: Web, target: Path) -> None:
    web.status = 404
    with pytest.raises(Refused) as refusal:
        fetch(web.url(PATH) + "?token=canary", target)
    assert "canary" not in str(refusal.value)
    assert asking.shown("https://me:canary@mirror.test/a?b=canary") == "https://mirror.test/a"


def test_a_full_disk_is_said_with_the_bytes_needed(
    web: Web, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.host.download.shutil.disk_usage", lambda path: Full)
    with pytest.raises(Refused, match=r"needs 700000 bytes in .* and 5 are free"):
        fetch(web.url(PATH), target)


class Full:
    free = 5


def test_what_the_caller_raises_breaks_the_download_off(web: Web, target: Path) -> None:
    class Cancelled(Exception):
        pass

    def cancel(done: int, total: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        fetch(web.url(PATH), target, sha256=SHA256, progress=cancel)
    fetch(web.url(PATH), target, sha256=SHA256)
    assert web.ranges != []


def test_the_downloader_needs_nothing_but_the_standard_library() -> None:
    found = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, check=True, text=True)
    assert found.stdout.strip() == "set()"


def test_a_page_that_is_too_long_is_refused(web: Web) -> None:
    with pytest.raises(Refused, match="more than 100 bytes"):
        asking.read(web.url(PATH), limit=100)
