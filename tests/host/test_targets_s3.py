"""A bucket as a target, against a server that speaks S3: resumed, checked by the bucket's own word, and never alone
with our key."""

from __future__ import annotations

import json
import os
from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import md5, sha256
from pathlib import Path
from typing import Any

import pytest
from moto.s3.models import FakeKey

from apps.host.addresses import Addresses, Inner
from apps.host.errors import HostError, Refused, Unavailable
from apps.host.targets import s3_client, s3_upload
from apps.host.targets.errors import Gone, LoginRefused, Mismatch, NoSpace, Occupied, Unfit, Unreachable
from apps.host.targets.s3 import S3Target
from apps.host.targets.s3_upload import BEGUN, COMPLETED, SENT, part_size
from apps.host.targets.target import Copying
from tests.parts import s3
from tests.parts.crashes import killed_at
from tests.parts.relay import free_port
from tests.parts.wire import Wire, wire

NAME = "shop/shop-20261126T0330Z-17.tar.gz.age"
PART = 5 << 20
SIZE = 2 * PART + 70_000


@pytest.fixture(scope="module")
def server() -> Iterator[int]:
    with s3.bucket() as port:
        yield port


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("archive") / "archive"
    file.write_bytes(os.urandom(SIZE))
    return file


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_upload, "PART", PART)
    monkeypatch.setattr(s3_upload, "KEPT_EVERY", 0.0)
    monkeypatch.setattr(s3_client, "TRIES", 1)


@pytest.fixture
def prefix(server: int) -> Iterator[str]:
    """A folder of each test's own; afterwards nothing may be begun in it and not ended."""
    folder = f"t{os.urandom(4).hex()}"
    yield folder
    assert not s3.client(server).list_multipart_uploads(Bucket=s3.BUCKET, Prefix=folder).get("Uploads")


@pytest.fixture
def target(server: int, prefix: str) -> Iterator[S3Target]:
    with S3Target(s3.place(server, prefix=prefix), s3.LOOPBACK) as made:
        yield made


class Memory:
    """What a step's memo is to a copy."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}

    def copying(self, **more: Any) -> Copying:
        return Copying(self.kept, self.keep, **more)

    def keep(self, state: dict[str, Any]) -> None:
        self.kept = state


def test_a_copy_is_there_whole_and_proven_by_the_bucket(target: S3Target, archive: Path) -> None:
    told: list[int] = []
    copy = target.put(archive, NAME, Copying(progress=lambda done, total: told.append(done)))
    assert copy.proven
    assert copy.stored.version.endswith("-3")
    assert copy.sha256 == sha256(archive.read_bytes()).hexdigest() == target.digest(copy.stored)
    assert told == [PART, 2 * PART, SIZE]
    assert target.listed() == target.listed("shop") == [target.stat(NAME)]
    assert target.listed("sho") == []
    assert target.read_at(copy.stored, PART - 5, 10) == archive.read_bytes()[PART - 5 : PART + 5]
    assert target.put(archive, NAME, Copying()) == copy
    for _ in range(2):
        target.delete(NAME)
    assert target.listed() == []


def test_each_piece_carries_the_digest_that_the_bucket_checks_it_by(target: S3Target, archive: Path) -> None:
    """As it goes over the wire: the tests' server does not look at it, others refuse what is not like it."""
    sent: list[tuple[Any, bytes]] = []

    def note(request: Any, **_: Any) -> None:
        if request.method == "PUT":
            body = request.body.read()
            request.body.seek(0)
            sent.append((request.headers["Content-MD5"], md5(body, usedforsecurity=False).digest()))

    target.client.meta.events.register_first("before-send.s3", note)
    target.put(archive, NAME, Copying())
    target.test()
    assert len(sent) == 3 + 1
    assert [b64decode(said) for said, _ in sent] == [found for _, found in sent]


def test_a_small_one_goes_in_one_piece(target: S3Target, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.write_bytes(b"x" * 1000)
    copy = target.put(small, NAME, Copying())
    assert copy.proven
    assert "-" not in copy.stored.version
    assert target.test() is None
    assert [one.name for one in target.listed()] == [NAME]


def test_what_else_lies_there_is_left_alone(target: S3Target, archive: Path, server: int, prefix: str) -> None:
    s3.client(server).put_object(Bucket=s3.BUCKET, Key=f"{prefix}/{NAME}", Body=b"somebody's")
    with pytest.raises(Occupied, match="it is left as it is"):
        target.put(archive, NAME, Copying())
    assert target.read_at(target.stat(NAME), 0, 10) == b"somebody's"
    s3.client(server).put_object(Bucket=s3.BUCKET, Key=f"{prefix}/{NAME}", Body=bytes(SIZE))
    copy = target.put(archive, NAME, Copying())
    assert not copy.proven
    assert target.digest(copy.stored) != copy.sha256


@pytest.mark.parametrize("point", [BEGUN.name, SENT.name, COMPLETED.name])
def test_killed_it_goes_on_where_it_was(
    target: S3Target, archive: Path, tmp_path: Path, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    memo = tmp_path / "memo"
    assert killed_at(point, lambda: target.put(archive, NAME, Copying(keep=lambda kept: _write(memo, kept))))
    kept = json.loads(memo.read_text()) if memo.exists() else {}
    sent = _counting(target, monkeypatch)
    copy = target.put(archive, NAME, Copying(kept))
    assert copy.proven
    assert sent == {BEGUN.name: [1, 2, 3], SENT.name: [2, 3], COMPLETED.name: []}[point]
    assert target.sweep(datetime.now(UTC) + timedelta(minutes=1)) == (1 if point == BEGUN.name else 0)


def _write(memo: Path, kept: dict[str, Any]) -> None:
    memo.write_text(json.dumps(kept))


def _counting(target: S3Target, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of the parts that are sent from now on."""
    sent: list[int] = []
    call = target._call

    def counted(act: str, **words: Any) -> Any:
        if act == "upload_part":
            sent.append(words["PartNumber"])
        return call(act, **words)

    monkeypatch.setattr(target, "_call", counted)
    return sent


def test_what_was_kept_of_another_file_is_not_gone_on_with(
    target: S3Target, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = Memory()
    with pytest.raises(Refused, match="Cancelled"):
        target.put(archive, NAME, memory.copying(progress=cancel))
    other = tmp_path / "other"
    other.write_bytes(os.urandom(SIZE))
    sent = _counting(target, monkeypatch)
    copy = target.put(other, NAME, memory.copying())
    assert copy.proven
    assert sent == [1, 2, 3]
    target.discard(NAME, memory.kept)


def cancel(done: int, total: int) -> None:
    raise Refused("Cancelled.")


def test_a_copy_that_is_cancelled_can_be_taken_back(target: S3Target, archive: Path) -> None:
    memory = Memory()
    with pytest.raises(Refused, match="Cancelled"):
        target.put(archive, NAME, memory.copying(progress=cancel))
    assert len(memory.kept["etags"]) == 1
    for _ in range(2):
        target.discard(NAME, memory.kept)
        target.delete(NAME)
    assert target.listed() == []


def test_an_upload_that_was_aborted_meanwhile_is_begun_anew(target: S3Target, archive: Path) -> None:
    memory = Memory()
    with pytest.raises(Refused, match="Cancelled"):
        target.put(archive, NAME, memory.copying(progress=cancel))
    assert target.sweep(datetime.now(UTC) + timedelta(minutes=1), {NAME}) == 0
    assert target.sweep(datetime(2000, 1, 1, tzinfo=UTC)) == 0
    assert target.sweep(datetime.now(UTC) + timedelta(minutes=1)) == 1
    assert target.put(archive, NAME, memory.copying()).proven


@pytest.fixture
def way(server: int) -> Iterator[Wire]:
    with wire(server) as made:
        yield made


def test_one_that_goes_away_in_the_middle_is_gone_on_with(
    way: Wire, prefix: str, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = Memory()
    with S3Target(s3.place(way.port, prefix=prefix), s3.LOOPBACK) as target:
        way.left = PART + PART // 2
        with pytest.raises(Unreachable, match="does not answer, or broke off"):
            target.put(archive, NAME, memory.copying())
        assert len(memory.kept["etags"]) == 1
        way.left = None
        sent = _counting(target, monkeypatch)
        assert target.put(archive, NAME, memory.copying()).proven
        assert sent == [2, 3]


def test_a_download_that_breaks_off_is_asked_for_again(way: Wire, prefix: str, archive: Path) -> None:
    with S3Target(s3.place(way.port, prefix=prefix), s3.LOOPBACK) as target:
        copy = target.put(archive, NAME, Copying())
        way.back = PART // 2
        assert target.digest(copy.stored) == copy.sha256
        assert way.back < 0


def test_one_that_is_silent_is_not_waited_for_for_ever(way: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_client, "READ", 0.3)
    way.silent = True
    with S3Target(s3.place(way.port), s3.LOOPBACK) as target, pytest.raises(Unreachable, match="ReadTimeout"):
        target.listed()


def test_one_that_is_slow_is_waited_for(way: Wire, prefix: str, archive: Path) -> None:
    way.pause = 0.002
    with S3Target(s3.place(way.port, prefix=prefix), s3.LOOPBACK) as target:
        assert target.put(archive, NAME, Copying()).proven


def test_one_that_is_not_there_is_told() -> None:
    with S3Target(s3.place(free_port()), s3.LOOPBACK) as target, pytest.raises(Unavailable):
        target.test()


def test_one_that_lies_about_sizes_is_found_out(
    target: S3Target, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size: Any = FakeKey.size
    monkeypatch.setattr(FakeKey, "size", property(lambda self: size.fget(self) - 1))
    with pytest.raises(Mismatch, match=rf"Of {SIZE} bytes .* has kept {SIZE - 1}"):
        target.put(archive, NAME, Copying())
    monkeypatch.undo()
    assert target.listed() == []


def test_what_has_vanished_or_changed_is_no_longer_read(
    target: S3Target, archive: Path, server: int, prefix: str
) -> None:
    stored = target.put(archive, NAME, Copying()).stored
    s3.client(server).put_object(Bucket=s3.BUCKET, Key=f"{prefix}/{NAME}", Body=b"another one")
    with pytest.raises(Mismatch, match="not as it was when it was copied"):
        target.read_at(stored, 0, 5)
    target.delete(NAME)
    for lost in (lambda: target.stat(NAME), lambda: target.read_at(stored, 0, 5)):
        with pytest.raises(Gone, match="does not have it any more"):
            lost()


ANSWERS = [
    ("AccessDenied", 403, LoginRefused, "refuses the key"),
    ("SignatureDoesNotMatch", 403, LoginRefused, "this machine's clock"),
    ("QuotaExceeded", 403, NoSpace, "no room"),
    ("507", 507, NoSpace, "no room"),
    ("NoSuchBucket", 404, Unfit, "bucket's name"),
    ("SlowDown", 503, Unreachable, "just now"),
    ("BadDigest", 400, Unreachable, "just now"),
    ("InternalError", 500, Unreachable, "just now"),
    ("EntityTooLarge", 400, Refused, "refuses with EntityTooLarge"),
]


@pytest.mark.parametrize(("code", "status", "kind", "said"), ANSWERS)
def test_each_answer_has_its_class_and_sentence(
    target: S3Target, code: str, status: int, kind: type[HostError], said: str
) -> None:
    from botocore.exceptions import ClientError

    response = {"Error": {"Code": code, "Message": s3.SECRET}, "ResponseMetadata": {"HTTPStatusCode": status}}
    with pytest.raises(kind, match=said) as told, s3_client.spoken(target.place):
        raise ClientError(response, "PutObject")
    assert s3.SECRET not in str(told.value)


def test_a_bucket_that_is_not_there_is_told_by_the_server(server: int, archive: Path) -> None:
    with S3Target(s3.place(server, bucket="nobodys"), s3.LOOPBACK) as target, pytest.raises(Unfit, match="nobodys"):
        target.put(archive, NAME, Copying())


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "0x7f.1", "localhost", "169.254.169.254"])
def test_62_an_endpoint_that_leads_inside_is_refused(host: str, server: int) -> None:
    with pytest.raises(Inner, match="not the internet"):
        S3Target(s3.place(server, endpoint=f"https://{host}:{server}"), Addresses())


def test_62_so_is_one_that_leads_there_a_moment_later(server: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was judged when the target was made; each connection is judged again, and made to what was judged."""
    addresses = Addresses()
    monkeypatch.setattr("apps.host.addresses.look_up", lambda hosts, within: {host: ["1.1.1.1"] for host in hosts})
    target = S3Target(s3.place(server, endpoint=f"https://rebound.example:{server}"), addresses)
    monkeypatch.setattr("apps.host.addresses.look_up", lambda hosts, within: {host: ["127.0.0.1"] for host in hosts})
    with target, pytest.raises(Inner):
        target.listed()


@pytest.mark.parametrize(
    "endpoint", ["ftp://s3.example", "https://", "s3.example.com", "https://u:p@s3.example", "https://s3.example/x?y"]
)
def test_what_is_no_endpoint_is_told(endpoint: str) -> None:
    with pytest.raises(Unfit, match=r"as https://s3\.example\.com is"):
        S3Target(s3.place(1, endpoint=endpoint), s3.LOOPBACK)


def test_without_encryption_it_goes_through_no_network_that_is_not_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.host.addresses.look_up", lambda hosts, within: {host: ["1.1.1.1"] for host in hosts})
    with pytest.raises(Unfit, match="without encryption"):
        S3Target(s3.place(1, endpoint="http://s3.example.com"), s3.LOOPBACK)


def test_the_secret_is_in_no_repr_and_no_log(
    target: S3Target, archive: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        target.test()
    assert s3.SECRET not in repr(target.place) + str(target.place) + caplog.text


def test_no_upload_has_more_parts_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert part_size(1 << 30) == 16 << 20
    huge = 5 << 40
    assert huge / part_size(huge) <= 10_000
    assert part_size(huge) % (1 << 20) == 0
