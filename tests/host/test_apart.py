"""Sites lie apart on the disk, where the file system can do that; elsewhere nothing is lost."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from apps.host.apart import set_apart
from tests.parts.ground import open_folder


def test_lsattr_sees_it_and_nothing_else_has_changed() -> None:
    with open_folder() as folder:
        below = folder / "sites"
        below.mkdir(mode=0o711)
        before = below.stat()
        if not set_apart(below):
            pytest.skip("the file system of /var/tmp knows no such flag")
        assert set_apart(below), "a second time"
        flags = subprocess.run(["lsattr", "-d", below], capture_output=True, text=True, check=True).stdout.split()[0]
        assert "T" in flags
        assert (below.stat().st_mode, below.stat().st_uid, below.stat().st_ino) == (
            before.st_mode,
            before.st_uid,
            before.st_ino,
        )


def test_a_file_system_without_it_is_left_as_it_is() -> None:
    assert set_apart(Path(f"/proc/{os.getpid()}")) is False


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(OSError, match=r"Too many|Not a directory"):
        set_apart(tmp_path / "link")
