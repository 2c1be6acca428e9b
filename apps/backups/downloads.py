"""An archive on its way out at a door, as it lies there: locked. Whoever has it still needs a key that opens it."""

from __future__ import annotations

from collections.abc import Iterator

from apps.audit import writing as audit
from apps.audit.writing import About
from apps.backups.models import Backup
from apps.backups.standing import COMPLETED, stands_against
from apps.host.host import Host
from apps.lifecycle.requests import CHANGE, may, require
from apps.operations.asking import Ask
from apps.operations.models import Question
from apps.operations.pieces import PIECE, piece, pieces
from apps.operations.questions import answers
from apps.operations.refusals import WrongState
from apps.sites.models import Site

TYPE = "application/octet-stream"
SCOPE = "backup:download"


def may_download(asked: Ask, site: Site | None) -> bool:
    return may(asked, SCOPE, CHANGE, site)


def download(asked: Ask, backup: Backup, part: range) -> Iterator[bytes]:
    """A part of its bytes. Raises as ``must_be_there`` does."""
    must_be_there(asked, backup)
    content = pieces("archive-piece", backup.server, asked.user, part, str(backup), backup=backup.pk)
    audit.write(asked, "backup.download", About("backup", backup.pk, str(backup)))
    return content


def must_be_there(asked: Ask, backup: Backup) -> None:
    """Raises Forbidden, or WrongState for one that is not completed, or whose archive is gone."""
    require(asked, SCOPE, CHANGE, backup.site)
    if reason := stands_against(backup, COMPLETED):
        raise WrongState(reason)


@answers("archive-piece")
def piece_of(question: Question, host: Host) -> dict[str, str]:
    """``{piece}``: some of the archive's bytes from an offset on, in base64."""
    backup = Backup.objects.get(pk=question.params["backup"])
    with host.archives.file(backup.slug, backup.file) as source:
        return piece(source.read_at(question.params["offset"], PIECE))
