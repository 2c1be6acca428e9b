"""Backup, restore, one file and verification of a large site, each beside what Debian's own programs take for it.

``--share 0.1`` takes a tenth of the site. Everything was read once before it is measured, and nothing waits to be
written to the disk when one begins. The engine works in a process of its own (`archive_child.py`); its memory is told.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from apps.host.archive.keys import Key, new_key
from apps.host.archive.reading import Archive
from apps.host.archive.sources import LocalFile, local_file
from apps.host.mysql import MySQL
from apps.host.users import Users
from tests.bench.archive_ground import DATABASE, ONE, PASSWORD, SCRATCH, Ground, a_large_site
from tests.bench.figure import Figure, middle, spread
from tests.bench.private import CHECKOUT, Panel
from tests.parts.mariadb import administrator

RUNS = 3
BACKUP, RESTORE, VERIFY = 1.35, 1.35, 1.25
"""Of the floor, at most."""
MEMORY, ONE_FILE, REQUESTS = 100.0, 0.2, 5
DUMP = ("--single-transaction", "--quick", "--routines", "--triggers", "--events", "--hex-blob")
NUMBER = 1_000_000
"""Of the site whose user the files are."""
Times = dict[str, list[dict[str, Any]]]


def measure(panel: Panel, runs: int = RUNS) -> list[Figure]:
    assert panel.identity
    users = Users(panel.places, separate=os.geteuid() == 0)
    name = panel.places.site_user(NUMBER)
    folder = panel.places.root / "bench-archive"
    folder.mkdir(mode=0o755)
    try:
        with a_large_site(folder, users.create(name)) as ground:
            return _figures(ground, _Bench(ground).all(runs))
    finally:
        users.remove(name)
        shutil.rmtree(folder)


class _Bench:
    def __init__(self, ground: Ground) -> None:
        self.ground, self.key = ground, new_key()
        self.keyfile = ground.folder / "key"
        self.keyfile.write_text(self.key.identity)
        self.archive = ground.folder / "archive.tar.gz.age"

    def all(self, runs: int) -> Times:
        found: Times = {}
        self._floor_backup()
        self._child("backup")
        for _ in range(runs):
            for act in ("backup", "one", "verify", "restore"):
                found.setdefault(f"floor {act}", []).append(self._floor(act))
                found.setdefault(act, []).append(self._child(act))
        found["requests"] = [{"count": _requests(self.ground.folder, self.archive, self.key)}]
        return found

    def _child(self, act: str) -> dict[str, Any]:
        self._prepare(act)
        ground, owner = self.ground, self.ground.owner
        told = {
            "act": act, "owner": [owner.name, owner.uid, owner.gid], "folder": str(ground.folder),
            "site": str(ground.site), "aside": str(ground.folder / "aside"), "identity": self.key.identity,
            "socket": str(ground.socket),
        }  # fmt: skip
        argv = [sys.executable, "-m", "tests.bench.archive_child"]
        done = subprocess.run(argv, cwd=CHECKOUT, input=json.dumps(told).encode(), stdout=subprocess.PIPE, check=True)
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def _floor(self, act: str) -> dict[str, Any]:
        self._prepare(act)
        begin = time.perf_counter()
        getattr(self, f"_floor_{act}")()
        return {"seconds": time.perf_counter() - begin}

    def _floor_backup(self) -> None:
        """A dump to a file, a plain tar of it and the files, and all of that on the disk."""
        folder = self.ground.folder
        login = ["--no-defaults", f"--socket={self.ground.socket}", f"--user={administrator()}"]
        with (folder / "dump.sql").open("wb") as out:
            subprocess.run(["mariadb-dump", *login, *DUMP, DATABASE], stdout=out, check=True)
        subprocess.run(["tar", "-cf", folder / "plain.tar", "-C", folder, "dump.sql", "site"], check=True)
        _to_disk(folder)

    def _floor_one(self) -> None:
        """The whole of it unlocked, unpacked and searched: there is no other way without an index."""
        member = f"files/public/{ONE}"
        with self._unlocking() as unlocking:
            argv = ["tar", "-xzOf", "-", member]
            subprocess.run(argv, stdin=unlocking.stdout, stdout=subprocess.DEVNULL, check=True)

    def _floor_verify(self) -> None:
        with (
            self._unlocking() as unlocking,
            subprocess.Popen(["igzip", "-dc"], stdin=unlocking.stdout, stdout=subprocess.PIPE) as unpacking,
        ):
            subprocess.run(["sha256sum"], stdin=unpacking.stdout, stdout=subprocess.DEVNULL, check=True)

    def _unlocking(self) -> subprocess.Popen[bytes]:
        argv = ["age", "--decrypt", "--identity", str(self.keyfile), str(self.archive)]
        return subprocess.Popen(argv, stdout=subprocess.PIPE)

    def _floor_restore(self) -> None:
        folder = self.ground.folder
        subprocess.run(["tar", "-xf", folder / "plain.tar", "-C", folder / "aside"], check=True)
        login = ["--no-defaults", f"--socket={self.ground.socket}", f"--user={administrator()}"]
        with (folder / "dump.sql").open("rb") as dump:
            subprocess.run(["mariadb", *login, SCRATCH], stdin=dump, check=True)

    def _prepare(self, act: str) -> None:
        folder = self.ground.folder
        if act == "restore":
            mysql, owner = MySQL(self.ground.socket, administrator()), self.ground.owner
            mysql.drop(SCRATCH)
            mysql.create(SCRATCH, PASSWORD)
            shutil.rmtree(folder / "aside", ignore_errors=True)
            (folder / "aside").mkdir()
            os.chown(folder / "aside", owner.uid, owner.gid)
        _to_disk(folder)


def _to_disk(folder: Path) -> None:
    subprocess.run(["sync", "--file-system", folder], check=True)


class _Counting:
    """As S3 would be asked: each read is a request."""

    def __init__(self, file: LocalFile) -> None:
        self.file, self.size, self.count = file, file.size, 0

    def read_at(self, offset: int, length: int) -> bytes:
        self.count += 1
        return self.file.read_at(offset, length)


def _requests(folder: Path, archive: Path, key: Key) -> int:
    with local_file(folder, archive) as file:
        counting = _Counting(file)
        opened = Archive(counting, [key])
        for _ in opened.content(opened.find(f"files/public/{ONE}")):
            continue
        return counting.count


def _figures(ground: Ground, found: Times) -> list[Figure]:
    size = f"{ground.files} files of {ground.bytes / 1e9:.2f} GB"
    stored = found["backup"][0]
    backup = f"{stored['content'] / 1e9:.2f} GB of tar in {stored['size'] / 1e9:.2f} GB, nothing else on the disk"
    requests = found["requests"][0]["count"]
    assert requests <= REQUESTS, f"{requests} requests for one file"
    return [
        _figure(found, "backup", "archive", f"backup of {size} and a database", BACKUP, [backup]),
        _figure(found, "restore", "archive-restore", "its files and its database back", RESTORE),
        _figure(found, "verify", "archive-verify", "every member of it read and compared", VERIFY),
        _one(found, requests),
    ]


def _figure(found: Times, act: str, name: str, what: str, share: float, lines: Sequence[str] = ()) -> Figure:
    took, floor = _seconds(found[act]), _seconds(found[f"floor {act}"])
    memory = max(one["memory"] for one in found[act])
    assert memory <= MEMORY, f"{act} took {memory:.0f} MB of memory, and may take {MEMORY:.0f}"
    return Figure(
        name=name,
        what=what,
        unit="s",
        value=middle(took),
        floor=middle(floor),
        floor_is=FLOORS[act],
        reach=share * middle(floor),
        reach_is=f"{share} x the floor",
        runs=len(took),
        lines=[f"from {spread(took, 's')}, the floor from {spread(floor, 's')}", f"{memory:.0f} MB of memory", *lines],
        details={"runs": found[act], "floor": floor},
    )


def _one(found: Times, requests: int) -> Figure:
    took = _seconds(found["one"])
    return Figure(
        name="archive-one",
        what="one file of 1.5 MB out of it",
        unit="s",
        value=middle(took),
        floor=middle(_seconds(found["floor one"])),
        floor_is=FLOORS["one"],
        reach=ONE_FILE,
        reach_is=f"{ONE_FILE} s",
        runs=len(took),
        lines=[f"{requests} range requests where it is far away, and at most {REQUESTS} may be"],
        details={"runs": found["one"], "requests": requests},
    )


FLOORS = {
    "backup": "a dump to a file, plain tar and sync",
    "restore": "tar -x and mariadb",
    "verify": "age -d | igzip -dc | sha256sum",
    "one": "age -d | tar -xz of that file",
}


def _seconds(found: Sequence[dict[str, Any]]) -> list[float]:
    return [one["seconds"] for one in found]
