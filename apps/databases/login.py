"""The script with which a site's own PHP shows that a password opens a database."""

from __future__ import annotations

from pathlib import Path

SCRIPT = Path(__file__).with_name("login.php").read_text()
