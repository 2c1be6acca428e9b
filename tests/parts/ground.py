"""A short-lived root for drivers: where site users can walk, with a name short enough for sockets."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from apps.host.apart import set_apart


@contextmanager
def open_folder() -> Iterator[Path]:
    """An empty folder below /var/tmp that every user may enter; removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="fpg-", dir="/var/tmp"))
    folder.chmod(0o755)
    set_apart(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
