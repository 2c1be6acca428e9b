"""Loaded before anything else: the tests have a root of their own, and nothing of the caller's environment."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

FOREIGN = ("DATABASE_URL", "CELERY_BROKER_URL", "SECRET_KEY", "CACHE_URL", "FRANKENPHP_BIN")


def _fresh() -> None:
    for name in [name for name in os.environ if name.startswith("FRANKENPANEL_") and name != "FRANKENPANEL_CACHE"]:
        del os.environ[name]
    for name in FOREIGN:
        os.environ.pop(name, None)
    root = Path(tempfile.mkdtemp(prefix="fpt-", dir="/var/tmp"))
    root.chmod(0o755)  # site users must be able to walk through it
    (root / "locks").mkdir(mode=0o700)
    os.environ["FRANKENPANEL_ROOT"] = str(root)
    os.environ["FRANKENPANEL_RUN"] = str(root / "run")
    os.environ["CELERY_BROKER_URL"] = "memory://"
    owner = os.getpid()
    atexit.register(lambda: os.getpid() == owner and shutil.rmtree(root, ignore_errors=True))


_fresh()
