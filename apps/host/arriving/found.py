"""What a look at an archive has found: enough to write it anew, and to tell people what it is."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Found:
    """*ours*: a panel made it; then *manifest* is what it says. *root*: the document root, as ``os.fsdecode`` has it.

    *dumps*: the paths of dumps, and the databases they are of; the empty path is that of a second file.
    *size*: bytes of all files. *unread*: rules of ``.htaccess`` files, which do nothing here.
    """

    ours: bool
    kind: str
    root: str = ""
    version: str = ""
    php: str = ""
    database: str = ""
    prefix: str = ""
    address: str = ""
    files: int = 0
    folders: int = 0
    links: int = 0
    size: int = 0
    dumps: Mapping[str, str] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)
    manifest: Mapping[str, Any] = field(default_factory=dict)

    @property
    def top(self) -> bytes:
        return os.fsencode(self.root)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
