"""Security 35: what is secret is in no argument, environment, log, record or answer, while it is made and changed."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

import pytest

from tests.whole.panel import Panel

pytestmark = pytest.mark.host
MARKER = "seen-by-anybody"
ITS_PLACE = ("wp-config.php", ".env", "fernet", "secret_key", "addresses.json")
"""Files that a secret belongs into."""


class Onlooker:
    """Another user of the machine, with an eye on every process: what he could read of each while it lived."""

    def __init__(self, looks_at: Sequence[str] = ("cmdline", "environ")) -> None:
        self.looks_at = looks_at
        self.seen: set[bytes] = set()

    def look(self) -> None:
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                for what in self.looks_at:
                    with suppress(OSError):
                        self.seen.add((entry / what).read_bytes())

    def has_seen(self, text: str) -> bool:
        return any(text.encode() in one for one in self.seen)


@contextmanager
def looking_on(*looks_at: str) -> Iterator[Onlooker]:
    onlooker, ended = Onlooker(looks_at or ("cmdline", "environ")), Event()

    def look() -> None:
        while not ended.is_set():
            onlooker.look()

    thread = Thread(target=look)
    thread.start()
    try:
        yield onlooker
    finally:
        ended.set()
        thread.join()


def show_the_marker() -> None:
    """A short program with something to see: it shows that the onlooker is quick enough."""
    argv = [sys.executable, "-c", "import time; time.sleep(0.3)", f"argument-{MARKER}"]
    subprocess.run(argv, env={"NAME": f"value-{MARKER}"}, check=True)


def secrets_of(panel: Panel, credentials: Path) -> dict[str, str]:
    config = (panel.places.public("canary") / "wp-config.php").read_text()
    password = re.search(r"'DB_PASSWORD', '([A-Za-z0-9]{32})'", config)
    first = re.search(r"^password: (\S+)$", credentials.read_text(), re.MULTILINE)
    assert password and first
    return {
        "the database's password": password[1],
        "the first password": first[1],
        "the runner's key": (panel.places.keys / "fernet").read_text().split()[0],
        "the panel's key": (panel.root / "secret_key").read_text().strip(),
    }


def files_with(panel: Panel, text: str) -> list[str]:
    """Every file below the panel's root in which *text* stands, logs, records, messages and MySQL's data included."""
    grep = ["grep", "--recursive", "--fixed-strings", "--files-with-matches", "--devices=skip"]
    found = subprocess.run([*grep, "-e", text, str(panel.root)], capture_output=True, text=True, check=False)
    return [file for file in found.stdout.splitlines() if Path(file).name not in ITS_PLACE]


def test_35_secrets_are_seen_nowhere(panel: Panel, tmp_path: Path) -> None:
    file = tmp_path / "credentials"
    asked = ["Canary", "--kind", "wordpress", "--domain", "canary.localhost", "--wait", "--format", "json"]
    with looking_on() as onlooker:
        said = panel.done("site", "create", *asked, "--credentials-file", file)
        show_the_marker()
    assert onlooker.has_seen(f"argument-{MARKER}") and onlooker.has_seen(f"value-{MARKER}")
    assert onlooker.has_seen("php-cli"), "the installer was not seen"
    answers = said.out + said.err
    for noun in ("site", "operation"):
        answers += panel.done(noun, "list", "--format", "json").out
    for name, secret in secrets_of(panel, file).items():
        assert not onlooker.has_seen(secret), name
        assert secret not in answers, name
        assert files_with(panel, secret) == [], name
    looked_through = " ".join(files_with(panel, "canary.localhost"))
    assert all(name in looked_through for name in ("panel.sqlite3", "Caddyfile", ".log", "/mysql/"))
    assert "panel.sqlite3" in " ".join(files_with(panel, "operations.advance")), "no result was kept"


def test_35_a_rotation_a_reading_and_a_new_key_show_nothing(panel: Panel, tmp_path: Path) -> None:
    file, asked = tmp_path / "login", ["--kind", "custom", "--database", "--domain", "canary-two.localhost"]
    panel.done("site", "create", "Canary two", *asked, "--wait")
    (name,) = panel.done("site", "show", "canary-two", "--format", "json").json["databases"]
    env, secrets = panel.places.site("canary-two") / "private" / ".env", {}
    secrets["the old password"] = password_in(env)
    secrets["the old key"] = (panel.places.keys / "fernet").read_text().split()[0]
    with looking_on() as onlooker:
        answers = panel.done("database", "rotate", name, "--wait", "--format", "json").out
        answers += panel.done("key", "rotate", "--wait", "--format", "json").out
        told = panel.done("database", "reveal", name, "--credentials-file", file)
        answers += panel.done("database", "create", "canary-two", "--wait", "--format", "json").out
    secrets["the new password"] = password_in(env)
    secrets["the new key"] = (panel.places.keys / "fernet").read_text().split()[0]
    assert f"password: {secrets['the new password']}\n" in file.read_text()
    assert len(set(secrets.values())) == len(secrets)
    assert onlooker.has_seen("php-cli"), "the login was not seen"
    for what, secret in secrets.items():
        assert not onlooker.has_seen(secret), what
        assert secret not in answers + told.out + told.err, what
        assert files_with(panel, secret) == [], what


def password_in(env: Path) -> str:
    found = re.search(r"^DB_PASSWORD=([A-Za-z0-9]{32})$", env.read_text(), re.MULTILINE)
    assert found
    return found[1]
