"""A small signed archive of Debian packages, to be served by a web server."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

SUITE = "sid"


@dataclass
class Archive:
    """Built below *folder*: ``pages`` are what the server hands out, ``keyring`` is what apt checks them with."""

    folder: Path
    pages: dict[str, bytes] = field(default_factory=dict)
    listed: str = ""

    @property
    def keyring(self) -> Path:
        return self.folder / "keyring.gpg"

    def add(self, package: str, files: dict[str, str], links: dict[str, str], fields: str = "") -> None:
        """Pack a package with a licence, *files* (path: text) and *links* (path: where it leads)."""
        root = self.folder / package
        files = {**files, f"usr/share/doc/{package}/copyright": f"the licence of {package}"}
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        for name, target in links.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(target)
        control = f"Package: {package}\nVersion: 7.0-1\nArchitecture: all\nMaintainer: A <a@b.test>\n{fields}"
        (root / "DEBIAN").mkdir()
        (root / "DEBIAN" / "control").write_text(f"{control}Description: x\n")
        file = f"{package}_7.0-1_all.deb"
        _run("dpkg-deb", "--root-owner-group", "--build", root, self.folder / file)
        deb = (self.folder / file).read_bytes()
        self.pages[f"/debian/pool/{file}"] = deb
        self.listed += f"{control}{_facts(file, deb)}\n"

    def sign(self) -> None:
        """Write the lists of what was added, signed with a fresh key."""
        lists = self.listed.encode()
        place = "main/binary-all/Packages"
        release = f"Origin: Debian\nSuite: {SUITE}\nCodename: {SUITE}\nArchitectures: all amd64\nComponents: main\n"
        release += "Date: Mon, 01 Jan 2024 00:00:00 UTC\nSHA256:\n"
        release += f" {hashlib.sha256(lists).hexdigest()} {len(lists)} {place}\n"
        (self.folder / "Release").write_text(release)
        self._sign()
        base = f"/debian/dists/{SUITE}"
        self.pages[f"{base}/{place}"] = lists
        self.pages[f"{base}/InRelease"] = (self.folder / "InRelease").read_bytes()

    def _sign(self) -> None:
        home = self.folder / "gnupg"
        home.mkdir(mode=0o700)
        gpg = ["gpg", "--homedir", str(home), "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""]
        try:
            _run(*gpg, "--quick-generate-key", "test", "ed25519", "sign", "never")
            _run(*gpg, "--output", self.keyring, "--export")
            _run(*gpg, "--output", self.folder / "InRelease", "--clearsign", self.folder / "Release")
        finally:
            _run("gpgconf", "--homedir", home, "--kill", "all")
            shutil.rmtree(home)


def _facts(file: str, deb: bytes) -> str:
    return f"Filename: pool/{file}\nSize: {len(deb)}\nSHA256: {hashlib.sha256(deb).hexdigest()}\n"


def _run(*argv: str | Path) -> None:
    done = subprocess.run([str(part) for part in argv], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
