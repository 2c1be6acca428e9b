"""Archives that come in at a door: into the spool, from where a runner of this machine takes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from apps.databases.uploads import spool, taken
from apps.lifecycle.backup_import import SCOPE, import_backup
from apps.lifecycle.requests import CHANGE, require
from apps.operations.asking import Ask
from apps.operations.models import Operation
from apps.sites.models import Site


@dataclass(frozen=True)
class Words:
    """What is said of an archive that is sent. *dump_upload*: what the spool called a dump that came before."""

    label: str = ""
    identity: str = ""
    dump_upload: str = ""


def take(ask: Ask, site: Site, chunks: Iterable[bytes], announced: int = 0) -> str:
    """Write *chunks* down, and return the name that an import wants. *announced*: how many bytes shall come.

    Nothing is read from whoever may not import. Raises TooMuch past what ``FRANKENPANEL_UPLOAD_MB`` allows.
    """
    require(ask, SCOPE, CHANGE, site)
    return taken(site, chunks, announced)


def import_sent(
    ask: Ask, site: Site, chunks: Iterable[bytes], announced: int = 0, words: Words | None = None
) -> Operation:
    """Write *chunks* down and import them, as ``import_backup`` does; what is refused is forgotten."""
    said = words or Words()
    upload = take(ask, site, chunks, announced)
    try:
        return import_backup(
            ask, site, upload=upload, dump_upload=said.dump_upload, label=said.label, identity=said.identity
        )
    except BaseException:
        for name in (upload, said.dump_upload):
            spool().remove(name)
        raise
