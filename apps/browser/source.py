"""Where Adminer comes from: Debian, whose signature apt checks, or the administrator's own tree of the same form.

Its vendor publishes no digest beside a release, so none is taken from there unasked.
"""

from __future__ import annotations

from apps.sites.kinds.base import DebianPackages, Source

ADMINER = Source(
    name="adminer",
    label="Adminer",
    version_file="adminer/include/version.inc.php",
    version=r'\$VERSION = "(4\.8\.[0-9]+)"',
    debian=DebianPackages("adminer", companions=r"(?!)", folder="usr/share/adminer", suites=("bookworm",)),
    leave_out=("adminer.php", "compile.php", "coverage.php", "designs", "editor", "editor.php", "lang.php", "plugins"),
)
