"""An export on its way out at a door. It lies with the site, so a runner of the site's server reads it."""

from __future__ import annotations

from collections.abc import Iterator

from apps.audit import writing as audit
from apps.audit.writing import About
from apps.databases.models import Database, Export
from apps.host.host import Host
from apps.lifecycle.requests import CHANGE, require
from apps.operations.asking import Ask
from apps.operations.models import Question
from apps.operations.pieces import PIECE, piece, pieces
from apps.operations.questions import answers
from apps.operations.refusals import Missing


def whole_exports(database: Database) -> list[Export]:
    """Those whose file is there, the newest first."""
    return [export for export in database.exports.all() if export.bytes is not None]


def whole_export(database: Database, pk: int) -> Export:
    """The one of that id. Raises Missing for another database's, and where its file is gone."""
    whole = Export.objects.filter(database=database, bytes__isnull=False).select_related("site__server")
    export = whole.filter(pk=pk).first()
    if export is None:
        raise Missing(f"{database} has no export {pk}; ./panel database show {database} names those there are.")
    return export


def download(asked: Ask, export: Export) -> Iterator[bytes]:
    """Its bytes. Raises Forbidden."""
    require(asked, "database:export", CHANGE, export.site)
    part = range(export.bytes or 0)
    content = pieces("export-piece", export.site.server, asked.user, part, str(export), export=export.pk)
    audit.write(asked, "database.download", About("site", export.site_id, str(export)))
    return content


@answers("export-piece")
def piece_of(question: Question, host: Host) -> dict[str, str]:
    """``{piece}``: some of the export's bytes from an offset on, in base64; the site's word."""
    export = Export.objects.select_related("site").get(pk=question.params["export"])
    owner = host.users.identity(host.places.site_user(export.site_id))
    with host.site_files.reading(owner, export.site.slug, export.path, question.params["offset"]) as content:
        found = bytearray()
        while len(found) < PIECE and (more := next(content.chunks, b"")):
            found += more
    return piece(found)
