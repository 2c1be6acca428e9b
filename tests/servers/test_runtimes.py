"""A further FrankenPHP is looked at for real, as a user without rights, before it is registered."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from apps.host.errors import Refused
from apps.host.reach import changeable
from apps.host.runtime.admit import admit
from tests.parts.ground import open_folder
from tests.parts.runtimes import second, speaking
from tests.parts.tenants import AS_ROOT

__all__ = ["second"]
pytestmark = pytest.mark.host
STRANGER = 61_970


@pytest.fixture
def folder() -> Iterator[Path]:
    with open_folder() as found:
        yield found


def test_a_real_one_says_what_it_is(second: Path) -> None:
    found = admit(second)
    assert (found.frankenphp, found.thread_safe) == ("1.12.7", True)
    assert found.php.startswith("8.")


def test_one_that_is_not_thread_safe_will_do(folder: Path) -> None:
    found = admit(speaking(folder / "frankenphp", zts=0))
    assert (found.php, found.thread_safe) == ("8.4.1", False)


def a_program(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_what_is_none_is_refused_in_a_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.host.runtime.probe.SECONDS", 0.5)
    faults = {
        folder / "nothing": "There is no program",
        folder: "There is no program",
        folder / ("x" * 300): "There is no program",
        a_program(folder / "words", "only words\n"): "does not work as FrankenPHP",
        a_program(folder / "other", "#!/bin/sh\necho 8.4.1 1\n"): "is not FrankenPHP",
        a_program(folder / "fails", "#!/bin/sh\nexit 3\n"): "does not work as FrankenPHP",
        a_program(folder / "hangs", "#!/bin/sh\nexec sleep 60\n"): "does not answer when it is asked",
        speaking(folder / "old", frankenphp="1.9.10"): "is version 1.9.10, and 1.12.7 is the oldest",
    }
    for path, words in faults.items():
        with pytest.raises(Refused, match=words) as refused:
            admit(path)
        assert str(path) in str(refused.value)
        assert str(refused.value).endswith("."), refused.value


@AS_ROOT
def test_it_is_never_started_as_root(folder: Path) -> None:
    path = a_program(folder / "frankenphp", '#!/bin/sh\n[ "$(id -u)" = 0 ] && echo root >&2\nexit 1\n')
    with pytest.raises(Refused) as refused:
        admit(path)
    assert "root" not in str(refused.value).removeprefix(str(path))


@AS_ROOT
def test_one_that_the_sites_users_cannot_start_is_refused(folder: Path, second: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    second.chmod(0o744)
    inside = speaking(closed / "frankenphp")
    for path in (second, inside):
        with pytest.raises(Refused, match="cannot be started by the sites' users"):
            admit(path)


@AS_ROOT
def test_one_that_others_can_change_is_refused(folder: Path) -> None:
    """Else a tenant could put his own program in its place, and have it run as every other site's user."""
    path = speaking(folder / "frankenphp")
    assert changeable(path) is None
    link = folder / "link"
    link.symlink_to(path)
    changes: list[tuple[Callable[[], None], Callable[[], None]]] = [
        (lambda: os.chown(folder, STRANGER, STRANGER), lambda: os.chown(folder, 0, 0)),
        (lambda: os.chown(path, STRANGER, 0), lambda: os.chown(path, 0, 0)),
        (lambda: folder.chmod(0o777), lambda: folder.chmod(0o755)),
        (lambda: path.chmod(0o757), lambda: path.chmod(0o755)),
    ]
    for change, back in changes:
        change()
        for way in (path, link):
            with pytest.raises(Refused, match="can be changed by others than root"):
                admit(way)
        back()
    folder.chmod(0o1777)
    assert admit(link).php == "8.4.1"
