"""A folder at a real sshd as a target: resumed, never under its name before it is whole, and only at the machine
that was agreed to."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from apps.host.addresses import Addresses, Inner
from apps.host.errors import Refused, Unavailable
from apps.host.targets import sftp, sftp_reading, sftp_session
from apps.host.targets.errors import Gone, KeyChanged, LoginRefused, Mismatch, NoSpace, Occupied, Unfit, Unreachable
from apps.host.targets.sftp import NAMED, SENT, SftpTarget
from apps.host.targets.sftp_session import HostKey, SftpPlace, host_key_of
from apps.host.targets.target import Copying
from tests.parts.crashes import killed_at
from tests.parts.disks import small_disk
from tests.parts.relay import free_port
from tests.parts.sshd import LOOPBACK, Sshd, somebody, sshd
from tests.parts.wire import Wire, wire

NAME = "shop/shop-20261126T0330Z-17.tar.gz.age"
BLOCK = 256 << 10
SIZE = 3 * BLOCK + 70_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with sshd(tmp_path_factory.mktemp("sshd")) as made:
        yield made


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sftp, "BLOCK", BLOCK)
    monkeypatch.setattr(sftp, "KEPT_EVERY", 0.0)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    file = tmp_path / "archive"
    file.write_bytes(os.urandom(SIZE))
    return file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a folder").mkdir(0o700)
    return tmp_path / "a folder"


@pytest.fixture
def target(server: Sshd, folder: Path) -> Iterator[SftpTarget]:
    with SftpTarget(server.place(folder), LOOPBACK) as made:
        yield made


def left_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def cancel(done: int, total: int) -> None:
    raise Refused("Cancelled.")


def test_a_copy_is_there_whole_and_read_back(target: SftpTarget, archive: Path, folder: Path) -> None:
    told: list[int] = []
    copy = target.put(archive, NAME, Copying(progress=lambda done, total: told.append(done)))
    assert not copy.proven
    assert copy.sha256 == sha256(archive.read_bytes()).hexdigest() == target.digest(copy.stored)
    assert told == [BLOCK, 2 * BLOCK, 3 * BLOCK, SIZE]
    assert target.listed() == target.listed("shop") == [copy.stored]
    assert target.listed("sho") == []
    assert target.read_at(copy.stored, BLOCK - 5, 10) == archive.read_bytes()[BLOCK - 5 : BLOCK + 5]
    assert target.put(archive, NAME, Copying()) == copy
    assert (folder / NAME).stat().st_mode & 0o777 == 0o600
    assert left_in(folder) == [NAME]
    for _ in range(2):
        target.delete(NAME)
    assert left_in(folder) == []


def test_a_server_that_says_less_at_once_than_it_was_asked_for_is_asked_for_the_rest(
    target: SftpTarget, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenSSH answers a quarter of a megabyte at most."""
    copy = target.put(archive, NAME, Copying())
    monkeypatch.setattr(sftp_reading, "PIECE", 1 << 20)
    assert target.digest(copy.stored) == copy.sha256
    assert target.read_at(copy.stored, 7, SIZE - 9) == archive.read_bytes()[7 : SIZE - 2]


def test_what_lies_in_many_pieces_is_put_together(
    target: SftpTarget, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = target.put(archive, NAME, Copying())
    monkeypatch.setattr(sftp_reading, "PIECE", 5000)
    assert target.digest(copy.stored) == copy.sha256


def test_it_is_tried_with_a_file_of_its_own_and_tells_the_room(target: SftpTarget, folder: Path) -> None:
    disk = os.statvfs(folder)
    assert target.test() == pytest.approx(disk.f_bavail * disk.f_frsize, rel=0.05)
    assert left_in(folder) == []


def test_a_folder_below_the_login_s_own_will_do(server: Sshd) -> None:
    home = Path.home() / f"fpt-{os.urandom(4).hex()}"
    home.mkdir()
    try:
        with SftpTarget(server.place(home.name), LOOPBACK) as target:
            assert target.test()
    finally:
        home.rmdir()


def test_what_else_lies_there_is_left_alone(target: SftpTarget, archive: Path, folder: Path) -> None:
    (folder / "shop").mkdir()
    (folder / NAME).write_bytes(b"somebody's")
    with pytest.raises(Occupied, match="it is left as it is"):
        target.put(archive, NAME, Copying())
    assert (folder / NAME).read_bytes() == b"somebody's"


@pytest.mark.parametrize("point", [SENT.name, NAMED.name])
def test_killed_it_goes_on_where_it_was(
    server: Sshd, folder: Path, archive: Path, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    memo = folder.with_name("memo")

    def put() -> None:
        with SftpTarget(server.place(folder), LOOPBACK) as target:
            target.put(archive, NAME, Copying(keep=lambda kept: _write(memo, kept)))

    assert killed_at(point, put)
    kept = json.loads(memo.read_text()) if memo.exists() else {}
    assert left_in(folder) == ([f"{NAME}.part"] if point == SENT.name else [NAME])
    with SftpTarget(server.place(folder), LOOPBACK) as target:
        sent = _counting(target, monkeypatch)
        copy = target.put(archive, NAME, Copying(kept))
        assert target.digest(copy.stored) == copy.sha256
    assert sent == ([0, BLOCK, 2 * BLOCK, 3 * BLOCK] if point == SENT.name else [])


def _write(memo: Path, kept: dict[str, Any]) -> None:
    memo.write_text(json.dumps(kept))


def _counting(target: SftpTarget, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Where each block goes that is sent from now on."""
    sent: list[int] = []
    write = target.files.write

    def counted(name: str, offset: int, block: bytes) -> None:
        sent.append(offset)
        write(name, offset, block)

    monkeypatch.setattr(target.files, "write", counted)
    return sent


@pytest.fixture
def way(server: Sshd) -> Iterator[Wire]:
    with wire(server.port) as made:
        yield made


def test_one_that_goes_away_in_the_middle_is_gone_on_with(
    server: Sshd, way: Wire, folder: Path, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: dict[str, Any] = {}
    with SftpTarget(server.place(folder, port=way.port), LOOPBACK) as target:
        way.left = 2 * BLOCK + BLOCK // 2
        with pytest.raises(Unreachable, match="does not answer, or broke off"):
            target.put(archive, NAME, Copying(keep=kept.update))
    assert kept["done"] == 2 * BLOCK
    way.left = None
    with SftpTarget(server.place(folder, port=way.port), LOOPBACK) as target:
        sent = _counting(target, monkeypatch)
        copy = target.put(archive, NAME, Copying(kept))
        assert target.digest(copy.stored) == copy.sha256
    assert sent == [2 * BLOCK, 3 * BLOCK]


def test_what_was_kept_of_another_file_is_not_gone_on_with(
    target: SftpTarget, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: dict[str, Any] = {}
    with pytest.raises(Refused, match="Cancelled"):
        target.put(archive, NAME, Copying(keep=kept.update, progress=cancel))
    archive.write_bytes(os.urandom(SIZE - 5))
    sent = _counting(target, monkeypatch)
    copy = target.put(archive, NAME, Copying(kept))
    assert sent == [0, BLOCK, 2 * BLOCK, 3 * BLOCK]
    assert target.digest(copy.stored) == copy.sha256


def test_a_copy_that_is_cancelled_can_be_taken_back(target: SftpTarget, archive: Path, folder: Path) -> None:
    with pytest.raises(Refused, match="Cancelled"):
        target.put(archive, NAME, Copying(progress=cancel))
    assert left_in(folder) == [f"{NAME}.part"]
    assert target.listed() == []
    for _ in range(2):
        target.discard(NAME, {})
        target.delete(NAME)
    assert left_in(folder) == []


def test_a_full_disk_is_told_with_the_bytes_and_nothing_is_left(server: Sshd, folder: Path, archive: Path) -> None:
    with small_disk(folder, SIZE // 2), SftpTarget(server.place(folder), LOOPBACK) as target:
        with pytest.raises(NoSpace, match=rf"needs {SIZE} bytes at .*, and \d+ are free"):
            target.put(archive, NAME, Copying())
        assert left_in(folder) == []


def test_a_disk_that_fills_up_meanwhile_is_told_too(server: Sshd, folder: Path, archive: Path) -> None:
    with small_disk(folder, SIZE + BLOCK), SftpTarget(server.place(folder), LOOPBACK) as target:

        def fill(done: int, total: int) -> None:
            if free := target.free():
                (folder / "other").write_bytes(bytes(free))

        with pytest.raises(NoSpace, match="is full"):
            target.put(archive, NAME, Copying(progress=fill))
        assert left_in(folder) == ["other"]


def test_one_that_lies_about_sizes_is_found_out(target: SftpTarget, archive: Path, folder: Path) -> None:
    def cut(done: int, total: int) -> None:
        if done == total:
            os.truncate(folder / f"{NAME}.part", SIZE - 1)

    with pytest.raises(Mismatch, match=rf"Of {SIZE} bytes .* has kept {SIZE - 1}"):
        target.put(archive, NAME, Copying(progress=cut))
    assert left_in(folder) == []


def test_what_has_vanished_or_changed_is_no_longer_read(target: SftpTarget, archive: Path, folder: Path) -> None:
    stored = target.put(archive, NAME, Copying()).stored
    os.truncate(folder / NAME, 5000)
    with pytest.raises(Mismatch, match="not as it was when it was copied"):
        target.read_at(stored, 0, 100)
    target.delete(NAME)
    for lost in (lambda: target.stat(NAME), lambda: target.read_at(stored, 0, 100), lambda: target.stat("no/such")):
        with pytest.raises(Gone, match="does not have it"):
            lost()


def test_what_was_forgotten_is_swept(target: SftpTarget, archive: Path, folder: Path) -> None:
    target.put(archive, NAME, Copying())
    for name in ("shop/a.part", "b.part", "new.part"):
        (folder / name).write_bytes(b"x")
    for name in ("shop/a.part", "b.part", NAME):
        os.utime(folder / name, (1000, 1000))
    assert target.sweep(datetime.now(UTC) - timedelta(days=1), {"b"}) == 1
    assert left_in(folder) == ["b.part", "new.part", NAME]


def test_one_that_is_silent_is_not_waited_for_for_ever(
    server: Sshd, way: Wire, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sftp_session, "STALL", 0.3)
    with SftpTarget(server.place(folder, port=way.port), LOOPBACK) as target:
        way.silent = True
        with pytest.raises(Unreachable, match="does not answer, or broke off"):
            target.listed()
    monkeypatch.setattr(sftp_session, "CONNECT", 0.3)
    with pytest.raises(Unreachable):
        SftpTarget(server.place(folder, port=way.port), LOOPBACK)


def test_one_that_is_slow_is_waited_for(server: Sshd, way: Wire, folder: Path, archive: Path) -> None:
    way.pause = 0.005
    with SftpTarget(server.place(folder, port=way.port), LOOPBACK) as target:
        copy = target.put(archive, NAME, Copying())
        assert target.digest(copy.stored) == copy.sha256


def test_one_that_is_not_there_is_told(server: Sshd, folder: Path) -> None:
    with pytest.raises(Unavailable, match="does not answer on port"):
        SftpTarget(server.place(folder, port=free_port()), LOOPBACK)
    with SftpTarget(server.place(folder / "none"), LOOPBACK) as target, pytest.raises(Gone):
        target.test()


def test_the_key_is_asked_once_and_another_one_is_refused(server: Sshd, folder: Path) -> None:
    shown = host_key_of("127.0.0.1", server.port, LOOPBACK)
    assert str(shown) == " ".join((server.folder / "host_ed25519.pub").read_text().split()[:2])
    assert shown.fingerprint.startswith("SHA256:")
    with SftpTarget(server.place(folder, host_key=str(shown)), LOOPBACK) as target:
        assert target.test()
    other = HostKey.read((server.folder / "user.pub").read_text())
    with pytest.raises(KeyChanged, match=f"{shown.fingerprint} instead of {other.fingerprint}".replace("+", r"\+")):
        SftpTarget(server.place(folder, host_key=str(other)), LOOPBACK)


def test_of_a_server_s_keys_the_one_that_was_agreed_to_is_asked_for(server: Sshd, folder: Path) -> None:
    """Though it would rather show another; and one that has only others is another machine."""
    for name in ("host_ed25519", "host_ecdsa"):
        server.change(host_keys=("host_ed25519", "host_ecdsa"))
        with SftpTarget(server.place(folder, host_key=server.host_key(name)), LOOPBACK) as target:
            assert target.test()
    server.change(host_keys=("host_ecdsa",))
    with pytest.raises(KeyChanged):
        SftpTarget(server.place(folder, host_key=server.host_key("host_ed25519")), LOOPBACK)
    server.change(host_keys=("host_ed25519",))


def test_with_a_password_somebody_else_comes_in_and_may_do_what_he_may(server: Sshd, folder: Path) -> None:
    server.change(passwords=True)
    try:
        with somebody("canary password") as user:
            facts = {"user": user, "private_key": "", "password": "canary password"}
            his = settings.PLACES.root / user
            his.mkdir()
            (his / "lost+found").mkdir(0o700)
            shutil.chown(his, user)
            with SftpTarget(server.place(his, **facts), LOOPBACK) as target:
                assert target.test()
            rights = pytest.raises(LoginRefused, match="lets the panel in, but not do this")
            with SftpTarget(server.place("/root", **facts), LOOPBACK) as target, rights:
                target.test()
            with pytest.raises(LoginRefused, match="does not let the panel in") as told:
                SftpTarget(server.place(his, **{**facts, "password": "canary wrong"}), LOOPBACK)
            assert "canary" not in str(told.value)
    finally:
        server.change(passwords=False)


def test_whoever_has_no_key_for_it_is_not_let_in(server: Sshd, folder: Path) -> None:
    wrong = (server.folder / "host_ed25519").read_text()
    for facts in ({"private_key": wrong}, {"private_key": "", "password": "canary-password"}):
        with pytest.raises((LoginRefused, Refused)) as told:
            SftpTarget(server.place(folder, **facts), LOOPBACK)
        assert "canary" not in str(told.value)
        assert "PRIVATE" not in str(told.value)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"private_key": "no key"}, "none that can be read"),
        ({"host_key": "ssh-ed25519"}, "as in known_hosts"),
        ({"host_key": "ssh-ed25519 ???"}, "as in known_hosts"),
        ({"folder": "a/../b"}, "no folder"),
        ({"folder": ""}, "no folder"),
    ],
)
def test_what_is_no_place_is_told(server: Sshd, folder: Path, facts: dict[str, str], said: str) -> None:
    with pytest.raises(Unfit, match=said):
        SftpTarget(server.place(folder, **facts), LOOPBACK)


def test_62_a_host_that_leads_inside_is_refused(server: Sshd, folder: Path) -> None:
    for host in ("127.0.0.1", "0x7f.1", "localhost"):
        with pytest.raises(Inner):
            SftpTarget(server.place(folder, host=host), Addresses())
        with pytest.raises(Inner):
            host_key_of(host, server.port, Addresses())


def test_the_secrets_are_in_no_repr() -> None:
    place = SftpPlace("h", "u", "f", "k", password="canary", private_key="canary")
    assert "canary" not in repr(place) + str(place)
