"""A backup that was not made here: an archive of another panel's, or of any server's, becomes one of a site's."""

from __future__ import annotations

from typing import TypedDict, Unpack

from apps.backups.coming import IDENTITY
from apps.backups.models import Backup
from apps.backups.naming import check_label
from apps.backups.steps.archive import MeasureArchive
from apps.backups.steps.importing import ForgetUpload, LookAtUpload, VerifyImported, WriteImported
from apps.host.archive.keys import read_key
from apps.host.errors import Refused
from apps.lifecycle.backup import SAVABLE, BackupRecords, new_backup
from apps.lifecycle.database_dumps import an_upload, inside_private
from apps.lifecycle.requests import CHANGE, must_be, require
from apps.operations.asking import Ask
from apps.operations.enqueue import enqueue
from apps.operations.entry import lifecycle
from apps.operations.flow import Flow
from apps.operations.letterbox import post
from apps.operations.models import Operation
from apps.operations.refusals import Invalid
from apps.operations.run import Run
from apps.sites.models import Site
from apps.sites.steps.status import CheckState

SCOPE = "backup:import"


class Sent(TypedDict, total=False):
    """Where the archive is, and a dump beside it: files in the site's private folder, or names in a door's spool."""

    path: str
    dump: str
    upload: str
    dump_upload: str


class ImportRecords(BackupRecords):
    """What was refused is no backup of anything, and leaves no row."""

    def undo(self, run: Run) -> None:
        Backup.objects.filter(pk=run.params["backup_id"]).delete()


IMPORT = Flow(
    "backup.import",
    title="Backup Import",
    steps=(
        CheckState(SAVABLE, "given a backup"),
        LookAtUpload(),
        WriteImported(),
        MeasureArchive(),
        VerifyImported(),
        ForgetUpload(),
    ),
    records=ImportRecords(),
    no_return=ForgetUpload.key,
    long=True,
)


@lifecycle("backup.import")
def import_backup(ask: Ask, site: Site, *, identity: str = "", label: str = "", **sent: Unpack[Sent]) -> Operation:
    """Make a backup of *site* of an archive that somebody has: to be restored, or cloned, as any other.

    *identity*: the key that it was locked for, where that is not this server's. It opens this one, and is not kept.
    """
    require(ask, SCOPE, CHANGE, site)
    backup = new_backup(site, Backup.Reason.UPLOAD, label=check_label(label))
    params = {"backup_id": backup.pk, **_places(sent)}
    if identity:
        params[IDENTITY] = post(site.server, _checked(identity))
    resources = [f"site:{site.pk}/backup"]
    operation = enqueue(IMPORT, site, site.server, ask, params=params, resources=resources)
    must_be(site, operation, SAVABLE, "given a backup")
    return operation


def _places(sent: Sent) -> dict[str, str]:
    path, dump = sent.get("path", ""), sent.get("dump", "")
    upload, dump_upload = an_upload(sent.get("upload", "")), an_upload(sent.get("dump_upload", ""))
    if not path and not upload:
        raise Invalid("path", "Say which archive: a file in the site's private folder, or one that you send.")
    return {
        "upload": upload,
        "dump_upload": dump_upload,
        "path": "" if upload else inside_private(path),
        "dump": inside_private(dump, "dump") if dump and not dump_upload else "",
    }


def _checked(identity: str) -> str:
    try:
        return read_key(identity).identity
    except Refused as refused:
        raise Invalid("identity", str(refused)) from None
