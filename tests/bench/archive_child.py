"""What one process of the engine does, with its seconds and its most memory: started by the bench, told by JSON.

Its own process, because memory that another had before would be counted too.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from apps.host.archive.keys import read_key
from apps.host.archive.reading import Archive
from apps.host.archive.site_tree import SiteTree
from apps.host.archive.sources import local_file
from apps.host.archive.stored_dump import CONNECTIONS, StoredDump, in_shares
from apps.host.archive.unpacking import unpack_tree, within
from apps.host.archive.writing import Content, write_archive
from apps.host.command import Identity
from apps.host.dumps import Dumps
from apps.host.folders import own_folder, settle
from apps.host.login import Login
from tests.bench.archive_ground import DATABASE, ONE, ONE_SIZE, PASSWORD, SCRATCH


class Work:
    def __init__(self, told: dict[str, Any]) -> None:
        self.owner = Identity(*told["owner"])
        self.folder, self.site = Path(told["folder"]), Path(told["site"])
        self.archive = self.folder / "archive.tar.gz.age"
        self.aside = Path(told["aside"])
        self.key = read_key(told["identity"])
        self.dumps = Dumps(Path(told["socket"]))

    def backup(self) -> dict[str, Any]:
        dump = self.dumps.export(Login(DATABASE, PASSWORD, self.owner))
        content = Content({}, [self.key.recipient], {DATABASE: dump}, SiteTree(self.owner, self.site))
        written = write_archive(self.folder, self.archive, content)
        assert not written.warned
        return {"size": written.size, "content": written.content}

    def restore(self) -> dict[str, Any]:
        with local_file(self.folder, self.archive) as file:
            archive = Archive(file, [self.key])
            begin = time.perf_counter()
            unpack_tree(archive.members(), self.owner, self.aside, within("files"))
            with own_folder(self.folder, self.aside.parent) as settled:
                settle(settled)
            files = time.perf_counter() - begin
            dump = StoredDump(archive, DATABASE)
            login = Login(SCRATCH, PASSWORD, self.owner)
            self.dumps.load_at_once(login, in_shares(dump, CONNECTIONS))
            self.dumps.load(login, dump.code_sql())
        return {"files": files}

    def one(self) -> dict[str, Any]:
        with local_file(self.folder, self.archive) as file:
            archive = Archive(file, [self.key])
            assert sum(map(len, archive.content(archive.find(f"files/public/{ONE}")))) == ONE_SIZE
        return {}

    def verify(self) -> dict[str, Any]:
        with local_file(self.folder, self.archive) as file:
            entries, size = Archive(file, [self.key]).verify()
        return {"entries": entries, "size": size}


def main() -> None:
    told = json.loads(sys.stdin.read())
    work: Callable[[], dict[str, Any]] = getattr(Work(told), told["act"])
    begin = time.perf_counter()
    found = work()
    found |= {"seconds": time.perf_counter() - begin, "memory": most_memory()}
    sys.stdout.write(json.dumps(found))


def most_memory() -> float:
    """MB that this process has had at most."""
    status = Path("/proc/self/status").read_text()
    found = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
    assert found
    return int(found[1]) / 1000


if __name__ == "__main__":
    main()
