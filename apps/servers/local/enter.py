"""From ``./panel`` to ``manage.py``: the panel's name, ports and folders, and then the command.

Runs in the virtual environment, and before Django: what it chooses is what settings.py reads.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import apps.host.quiet  # noqa: F401 - before all that takes long
from apps.host.code import readable_copy
from apps.host.errors import HostError
from apps.host.reach import enterable
from apps.servers.local.ground import lay
from apps.servers.local.instance import Instance, open_instance, root_of, write_environment
from apps.servers.local.recovery.marker import must_be_settled
from apps.servers.local.workplace import get_frankenphp
from frankenpanel.command_line import run

if TYPE_CHECKING:
    from apps.servers.local.recovery.placing import Placing

CHECKOUT = Path(__file__).resolve().parents[3]
STARTS = ("demo", "up", "prepare", "recover")
OWN_PLACES = ("test", "bench")
"""They make panels of their own, and leave none behind."""


def main(argv: list[str]) -> None:
    os.environ.pop("PYTHONPATH", None)
    if argv[0] not in OWN_PLACES:
        placing = _to_recover(argv)
        instance = open_instance(CHECKOUT, Path(os.environ["FRANKENPANEL_CACHE"]), os.environ)
        lay(instance)
        if placing is not None:
            placing.place()
            argv = ["recover", *placing.arguments]
        if argv[0] in STARTS:
            _get_frankenphp(instance)
        os.environ.update(instance.environment(), FRANKENPANEL_ROOT=str(instance.places.root))
        if instance.separate and not enterable(CHECKOUT):
            _go_on_in_copy(instance, argv)
    _manage(argv)


def _to_recover(argv: list[str]) -> Placing | None:
    """What a recovery places into the root that is still empty; None for every other command."""
    root = root_of(CHECKOUT, os.environ, separate=os.geteuid() == 0)
    if argv[0] != "recover":
        must_be_settled(root)
        return None
    from apps.servers.local.recovery.placing import choose  # noqa: PLC0415 - other commands need no cryptography yet

    return choose(argv[1:], root, os.environ)


def _get_frankenphp(instance: Instance) -> None:
    """The one that the panel's commands use from now on, until the next start finds another."""
    found = get_frankenphp(instance.places.cache, _say)
    write_environment(instance.places.root, {"FRANKENPHP_BIN": str(found.binary)})


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


def _go_on_in_copy(instance: Instance, argv: list[str]) -> None:
    """Site users and the panel's own cannot read the checkout, so the code runs from below the root."""
    code = instance.places.root / "code"
    if argv[0] in STARTS or not code.exists():
        _say(f"Other users cannot come to {CHECKOUT}, so the panel works in {code.parent}.")
        readable_copy(CHECKOUT, code)
    os.execv(sys.executable, [sys.executable, str(code / "manage.py"), *argv])  # noqa: S606 - no shell is wanted


def _manage(argv: list[str]) -> None:
    sys.argv[0] = str(CHECKOUT / "manage.py")
    run(["panel", *argv])


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except HostError as error:
        sys.exit(f"panel: {error}")
