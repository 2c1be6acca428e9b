"""An export on its way out at a door: piece by piece, each read by a runner of the site's server.

The door itself may not look into a site, and the site may be on another server. A piece is an answer like any other:
sealed for whoever asked, and gone from the panel as it is read.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator

from apps.audit import writing as audit
from apps.audit.writing import About
from apps.databases.models import Database, Export
from apps.host.errors import Unavailable
from apps.host.host import Host
from apps.lifecycle.requests import CHANGE, require
from apps.operations.asking import Ask
from apps.operations.models import Question
from apps.operations.questions import answers, ask
from apps.operations.refusals import Missing

PIECE = 2 << 20


def whole_exports(database: Database) -> list[Export]:
    """Those whose file is there, the newest first."""
    return [export for export in database.exports.all() if export.bytes is not None]


def download(asked: Ask, database: Database, pk: int) -> tuple[Export, Iterator[bytes]]:
    """The export of that id, and its bytes. Raises Missing for another database's, and where its file is gone."""
    require(asked, "database:export", CHANGE, database.site)
    whole = Export.objects.filter(database=database, bytes__isnull=False).select_related("site__server")
    export = whole.filter(pk=pk).first()
    if export is None:
        raise Missing(f"{database} has no export {pk}; ./panel database show {database} names those there are.")
    pieces = _pieces(asked, export)
    first = next(pieces)  # what is wrong is told before anything is sent
    audit.write(asked, "database.download", About("site", export.site_id, str(export)))
    return export, _all(first, pieces)


def _all(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _pieces(asked: Ask, export: Export) -> Iterator[bytes]:
    offset, size = 0, export.bytes or 0
    while offset < size:
        told = ask("export-piece", export.site.server, asked.user, export=export.pk, offset=offset)
        piece = base64.b64decode(told["piece"])
        if not piece:
            raise Unavailable(f"{export} became shorter while it was read; export the database anew.")
        yield piece
        offset += len(piece)


@answers("export-piece")
def piece_of(question: Question, host: Host) -> dict[str, str]:
    """``{piece}``: some of the export's bytes from an offset on, in base64; the site's word."""
    export = Export.objects.select_related("site").get(pk=question.params["export"])
    owner = host.users.identity(host.places.site_user(export.site_id))
    with host.site_files.reading(owner, export.site.slug, export.path, question.params["offset"]) as content:
        piece = bytearray()
        while len(piece) < PIECE and (more := next(content.chunks, b"")):
            piece += more
    return {"piece": base64.b64encode(piece).decode()}
