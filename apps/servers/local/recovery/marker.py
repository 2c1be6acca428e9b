"""How far a recovery has come: a file in the new root, for root alone to write. Standard library only."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from apps.host.errors import Refused


class Marker:
    """Facts by their names; each is on the disk before what it tells of is relied upon."""

    def __init__(self, root: Path) -> None:
        self.path = root / "recovery.json"

    @property
    def exists(self) -> bool:
        """Whether a recovery into this root has begun and not ended."""
        return self.path.is_file()

    def read(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(self.path.read_text())
        except (OSError, ValueError) as error:
            raise Refused(f"{self.path} cannot be read; remove {self.path.parent} and begin anew.") from error
        return found

    def write(self, **facts: Any) -> None:
        """Add *facts* to what it tells."""
        found = {**(self.read() if self.exists else {}), **facts}
        part = self.path.with_suffix(".part")
        with part.open("w") as file:
            json.dump(found, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        part.rename(self.path)

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)


def must_be_settled(root: Path) -> None:
    """Refused where a recovery has begun and is not so far that there is a panel: nothing else may make one there."""
    marker = Marker(root)
    if marker.exists and not marker.read().get("settled"):
        raise Refused(f"A recovery into {root} has begun; run ./panel recover again, or remove that folder.")
