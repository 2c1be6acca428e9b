"""Where a lost panel's archives lie: how that is said, what is asked at the terminal, and how they are found there."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from getpass import getuser
from pathlib import Path

import pytest

from apps.host.archive.found import Shelf, opened
from apps.host.archive.keys import Key, new_key
from apps.host.archive.writing import Content, write_archive
from apps.host.errors import HostError, Refused, Unavailable
from apps.host.targets.errors import KeyChanged, LoginRefused
from apps.host.targets.sftp_session import HostKey
from apps.servers.local.recovery.placing import newest
from apps.servers.local.recovery.source import add_arguments, address_of, shelf_of
from tests.parts import s3
from tests.parts.ground import open_folder
from tests.parts.relay import free_port
from tests.parts.sshd import Sshd, somebody, sshd

CANARY = "canary-secret"
AWS = ("--login", "key", "--secret-file", "/dev/null")


def asked(place: str, *words: str) -> Namespace:
    parser = ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(["--from", place, *words])


@pytest.mark.parametrize(
    ("place", "words", "sentence"),
    [
        ("ftp://host/backups", (), "archives are read from a directory, s3://BUCKET/FOLDER or sftp://USER@HOST/FOLDER"),
        ("https://s3.example.com/backups", AWS, "is no place"),
        ("s3://", AWS, "is no place"),
        ("s3://backups?x=1", AWS, "is no place"),
        ("sftp://ana@[::1/backups", (), "is no place"),
        ("sftp://ana@host:0/backups", (), "is no place"),
        ("sftp://ana@host:70000/backups", (), "is no place"),
        ("s3://backups/panel", (), "say the id of that: --login KEY"),
        ("s3://key@backups/panel", AWS, "--login its key"),
        ("sftp://host/backups", (), "lacks who logs in"),
        ("sftp://ana@host", (), "lacks who logs in, or the folder"),
        ("sftp://ana:secret@host/backups", (), "A password in a command is read by others"),
        ("sftp://ana@host/backups", ("--endpoint", "https://s3.example.com"), "--endpoint says nothing of sftp://"),
        ("/backups", AWS, "--login says nothing of /backups"),
        ("s3://backups", (*AWS, "--host-key", "ssh-ed25519 AAAA"), "--host-key says nothing of s3://backups"),
    ],
)
def test_an_address_that_is_amiss_is_refused_with_how_it_is_written(
    place: str, words: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(Refused) as refused:
        address_of(asked(place, *words))
    assert sentence in str(refused.value)


@pytest.fixture(scope="module")
def key() -> Key:
    return new_key()


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory, key: Key) -> Path:
    """What a place for copies has: two archives of a panel, of which the newest is cut short, and one of a site."""
    folder = tmp_path_factory.mktemp("archives")
    for slug, day in (("panel", 1), ("panel", 2), ("shop", 3)):
        (folder / slug).mkdir(exist_ok=True)
        path = folder / slug / f"{slug}-202602{day:02}T031500Z-{day}.tar.gz.age"
        write_archive(folder, path, Content({slug: {}}, [key.recipient]))
    cut = folder / "panel" / "panel-20260202T031500Z-2.tar.gz.age"
    cut.write_bytes(cut.read_bytes()[:-30])
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with sshd(tmp_path_factory.mktemp("sshd")) as made:
        yield made


@pytest.fixture(scope="module")
def bucket(archives: Path) -> Iterator[int]:
    with s3.bucket() as port:
        for file in archives.rglob("*.age"):
            s3.client(port).upload_file(str(file), s3.BUCKET, f"far/away/{file.relative_to(archives)}")
        yield port


def words_of(server: Sshd, secret: str = "user") -> tuple[str, ...]:  # noqa: S107 - a file's name
    return "--host-key", server.host_key("host_ed25519"), "--secret-file", str(server.folder / secret)


def at_server(server: Sshd, folder: Path | str) -> str:
    return f"sftp://{getuser()}@127.0.0.1:{server.port}{folder}"


def must_be_found(shelf: Shelf, key: Key) -> None:
    found = shelf.archives()
    assert [(one.slug, one.number) for one in found] == [("shop", 3), ("panel", 2), ("panel", 1)]
    name = newest(shelf, key)
    assert name.endswith("panel/panel-20260201T031500Z-1.tar.gz.age")
    with opened(shelf, name, [key]) as archive:
        assert archive.manifest()["panel"] == {}
    with pytest.raises(HostError, match=r"does not have|No such file"), shelf.read(name.replace("panel", "other")):
        pass


def test_in_a_directory_the_newest_whole_one_is_found(archives: Path, key: Key) -> None:
    must_be_found(shelf_of(asked(str(archives))), key)


def test_in_a_bucket_the_newest_whole_one_is_found(bucket: int, key: Key, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{s3.SECRET}\n")
    words = ("--endpoint", f"http://127.0.0.1:{bucket}", "--login", "key", "--secret-file", str(tmp_path / "secret"))
    must_be_found(shelf_of(asked("s3://backups/far/away/", *words)), key)
    with pytest.raises(Refused, match="There is no archive of a panel in s3://backups/near:"):
        newest(shelf_of(asked("s3://backups/near", *words)), key)
    with pytest.raises(Refused, match="look at the bucket's name"):
        shelf_of(asked("s3://none", *words)).archives()


def test_at_an_ssh_server_the_newest_whole_one_is_found(server: Sshd, archives: Path, key: Key) -> None:
    must_be_found(shelf_of(asked(at_server(server, archives), *words_of(server))), key)


def test_a_folder_of_the_login_s_own_is_one_too(server: Sshd) -> None:
    name = f"fpt-{os.urandom(4).hex()}"
    (Path.home() / name).mkdir()
    try:
        assert shelf_of(asked(at_server(server, f"/~/{name}"), *words_of(server))).archives() == []
    finally:
        (Path.home() / name).rmdir()


def test_no_server_no_folder_and_no_way_in_are_told(server: Sshd, archives: Path, tmp_path: Path) -> None:
    def refused(place: str, *words: str) -> HostError:
        with pytest.raises(HostError) as error:
            shelf_of(asked(place, *words)).archives()
        return error.value

    nobody = f"sftp://{getuser()}@127.0.0.1:{free_port()}{archives}"
    assert "does not answer on port" in str(refused(nobody, *words_of(server)))
    assert shelf_of(asked(at_server(server, "/none"), *words_of(server))).archives() == []
    assert isinstance(refused(at_server(server, archives), *words_of(server, "host_ecdsa")), LoginRefused)
    other = ("--host-key", server.host_key("host_ecdsa"), *words_of(server)[2:])
    assert isinstance(refused(at_server(server, archives), *other), KeyChanged)
    assert "cannot be read: No such file" in str(refused(at_server(server, archives), *words_of(server, "none")))


ASKS = """
import os, sys
from argparse import ArgumentParser
from apps.servers.local.recovery.asking import answers
from apps.servers.local.recovery.source import add_arguments, shelf_of
parser = ArgumentParser()
add_arguments(parser)
words = sys.argv[1:]
missing = answers(parser.parse_args(words))
if missing:
    os.execv(sys.executable, [sys.executable, "-c", os.environ["TEXT"], *words, *missing])
print(*(one.file for one in shelf_of(parser.parse_args(words)).archives()), flush=True)
print("argv", *open("/proc/self/cmdline").read().split("\\0")[3:], flush=True)
"""
"""As a recovery does it: in one process it asks, and in another it goes on."""


def at_a_terminal(place: str, *typed: tuple[str, str]) -> str:
    """All that the terminal shows, when after each text something is *typed*."""
    mine, theirs = pty.openpty()
    argv = [sys.executable, "-c", ASKS, "--from", place]
    env = {**os.environ, "TEXT": ASKS}
    with subprocess.Popen(argv, stdin=theirs, stdout=theirs, stderr=theirs, env=env, start_new_session=True) as asking:
        os.close(theirs)
        seen = ""
        for shown, answer in typed:
            seen += read_until(mine, lambda text, shown=shown: shown in text)  # type: ignore[misc]
            os.write(mine, f"{answer}\n".encode())
        seen += read_until(mine, lambda text: False)
        asking.wait(30)
    os.close(mine)
    return seen


def read_until(terminal: int, is_there: Callable[[str], bool]) -> str:
    """What it shows, to its end where that does not come."""
    seen = ""
    while not is_there(seen):
        try:
            more = os.read(terminal, 4096)
        except OSError:
            break
        if not more:
            break
        seen += more.decode(errors="replace")
    return seen


def test_a_password_is_asked_for_once_the_server_s_key_was_agreed_to(server: Sshd, archives: Path) -> None:
    with open_folder() as shared, somebody(CANARY) as user:
        shutil.copytree(archives, shared, dirs_exist_ok=True)
        subprocess.run(["chown", "-R", user, str(shared)], check=True)
        server.change(passwords=True)
        place = f"sftp://{user}@127.0.0.1:{server.port}{shared}"
        seen = at_a_terminal(place, ("is its own: ", "yes"), ("Password for", CANARY))
        server.change(passwords=False)
    assert HostKey.read(server.host_key("host_ed25519")).fingerprint in seen
    assert "panel-20260201T031500Z-1.tar.gz.age" in seen
    assert CANARY not in seen


def test_where_the_key_is_not_agreed_to_no_password_is_asked_for(server: Sshd, archives: Path) -> None:
    seen = at_a_terminal(at_server(server, archives), ("is its own: ", "no"))
    assert "Nothing was sent to 127.0.0.1" in seen
    assert "Password" not in seen


def test_where_nobody_can_be_asked_it_says_which_words_are_missing(server: Sshd, archives: Path) -> None:
    place = at_server(server, archives)
    for words, sentence in (((), "add --host-key 'ssh-ed25519 "), (words_of(server)[:2], "--secret-file FILE")):
        argv = [sys.executable, "-c", ASKS, "--from", place, *words]
        said = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        assert sentence in said.stderr


def test_one_that_is_away_is_unreachable(archives: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(s3.SECRET)
    words = (
        "--endpoint",
        f"http://127.0.0.1:{free_port()}",
        "--login",
        "key",
        "--secret-file",
        str(tmp_path / "secret"),
    )
    with pytest.raises(Unavailable, match="does not answer"):
        shelf_of(asked("s3://backups", *words)).archives()
