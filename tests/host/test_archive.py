"""Archives that no vendor would make."""

from __future__ import annotations

import secrets
import tarfile
import zipfile
from pathlib import Path

import pytest

from apps.host.errors import Refused
from apps.host.sources import archive
from apps.host.sources.archive import unpack
from tests.host.releases import entry, tar, zipped


def refusal(made: bytes, folder: Path) -> str:
    """What *made* is refused with. Fails when it is not, or when anything came to lie outside."""
    (folder / "inside").mkdir()
    (folder / "evil.tar.gz").write_bytes(made)
    with pytest.raises(Refused) as refused:
        unpack(folder / "evil.tar.gz", folder / "inside", lambda done, total: None)
    assert {path.name for path in folder.iterdir()} == {"inside", "evil.tar.gz"}
    return str(refused.value)


@pytest.mark.parametrize(
    "extra",
    [
        (entry("/etc/evil", size=1),),
        (entry("../evil", size=1),),
        (entry("a/../../evil", size=1),),
        (entry("link", tarfile.SYMTYPE, "/etc/passwd"),),
        (entry("link", tarfile.SYMTYPE, ".."), entry("link/evil", size=1)),
        (entry("hard", tarfile.LNKTYPE, "/etc/passwd"),),
        (entry("device", tarfile.CHRTYPE),),
        (entry("pipe", tarfile.FIFOTYPE),),
        (entry("n" * 256, size=1),),
        (entry("../", tarfile.DIRTYPE),),
    ],
    ids=lambda extra: extra[-1].name[:20],
)
def test_an_entry_that_no_release_has_is_refused(extra: tuple[tarfile.TarInfo, ...], tmp_path: Path) -> None:
    assert "has an entry that no release has" in refusal(tar(extra=extra), tmp_path)


@pytest.mark.parametrize(
    "extra", [(entry("a", size=1), entry("a", size=1)), (entry("a", size=1), entry("a/b", size=1))]
)
def test_an_entry_that_comes_twice_is_refused(extra: tuple[tarfile.TarInfo, ...], tmp_path: Path) -> None:
    assert "twice" in refusal(tar(extra=extra), tmp_path)


@pytest.mark.parametrize("share", [0.01, 0.5, 0.95])
def test_a_cut_archive_is_refused(share: float, tmp_path: Path) -> None:
    whole = tar({f"file{number}": secrets.token_hex(1000) for number in range(50)})
    assert "is damaged or not an archive" in refusal(whole[: int(share * len(whole))], tmp_path)


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    assert "is damaged or not an archive" in refusal(b"<html>not found</html>" * 100, tmp_path)


def test_a_bomb_is_stopped_by_its_announced_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "BYTES", 10_000)
    assert "too large for a release" in refusal(tar({"bomb": "0" * 20_000}), tmp_path)
    assert not (tmp_path / "inside" / "app" / "bomb").exists()


def test_too_many_files_are_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "FILES", 3)
    assert "too large for a release" in refusal(tar({str(number): "" for number in range(5)}), tmp_path)


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "made.zip"
    with zipfile.ZipFile(file, "w") as made:
        info = zipfile.ZipInfo("link")
        info.external_attr = 0o120777 << 16
        made.writestr(info, "/etc/passwd")
    evil = file.read_bytes()
    file.unlink()
    assert "has an entry that no release has" in refusal(evil, tmp_path)


def test_a_zip_with_a_changed_byte_is_refused(tmp_path: Path) -> None:
    made = bytearray(zipped({"a": "x" * 1000}))
    made[500] ^= 1
    assert "is damaged" in refusal(bytes(made), tmp_path)


def test_modes_of_the_archive_are_not_taken_over(tmp_path: Path) -> None:
    info = entry("setuid", size=3)
    info.mode = 0o6755
    (tmp_path / "inside").mkdir()
    (tmp_path / "a.tar.gz").write_bytes(tar(extra=(info,)))
    unpack(tmp_path / "a.tar.gz", tmp_path / "inside", lambda done, total: None)
    assert (tmp_path / "inside" / "setuid").stat().st_mode & 0o7133 == 0
