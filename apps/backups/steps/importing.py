"""An archive from elsewhere becomes a backup of its site: looked at, packed and locked anew, and read once more."""

from __future__ import annotations

import json
from typing import Any

from apps.backups.coming import coming
from apps.backups.keys import recipients_of
from apps.backups.limit import size
from apps.backups.models import Backup
from apps.backups.naming import archive_of
from apps.backups.report import kind_of, manifest_of
from apps.backups.room import must_have_room
from apps.backups.steps.verifying import VerifyArchive
from apps.databases.steps.counting import Counter
from apps.host.archive.faults import Damaged
from apps.host.archive.tar import Tar
from apps.host.archive.writing import Content, Database, pack_manifest
from apps.host.arriving.converting import Conversion, Converted
from apps.host.arriving.found import Found
from apps.host.arriving.looking import look
from apps.host.room import FREE
from apps.operations.flow import Step
from apps.operations.run import Run
from apps.sites.kinds import KINDS
from apps.sites.models import Site


class LookAtUpload(Step):
    """Read all of it once: what it is may stand anywhere in it, and what no site's archive holds ends it here."""

    key = "import-look"

    def plan(self, run: Run) -> str:
        path = run.params["path"]
        return f"Find out what is in {f'private/{path} of the site' if path else 'the file that was sent'}"

    def do(self, run: Run) -> None:
        with coming(run) as arriving:
            counter = Counter(run, arriving.size, "looked through")
            found = look(counter.passing_members(arriving.members), arriving.dump)
        run.remember("found", lambda: json.dumps(found.as_json()))
        must_have_room(run, found.size)
        kind = str(KINDS[kind_of(found)].label)
        what = " ".join(filter(None, ("A panel's archive of" if found.ours else "", kind, found.version)))
        run.note(f"{what}: {found.files:,} file{'s' * (found.files != 1)}, {size(found.size)}")

    def undo(self, run: Run) -> None:
        forget(run)


class WriteImported(Step):
    """In one pass from where it lies to what it becomes: nothing of it is unpacked on the disk."""

    key = "import-archive"

    def plan(self, run: Run) -> str:
        return f"Pack its files and dumps anew, encrypted: {archive_of(run.places, run.record(Backup))}"

    def do(self, run: Run) -> None:
        backup, found = run.record(Backup), found_of(run)
        counter, done = Counter(run, found.size, "packed"), list[Converted]()
        content = Content({}, recipients_of(backup.server, run.host), most=run.host.archives.free() - FREE)

        def fill(tar: Tar) -> dict[str, Database]:
            done[:] = [Conversion(tar, found, counter.add).all(arriving.members, arriving.dump)]
            pack_manifest(tar, manifest_of(backup, run.record(Site), found, done[0]))
            return done[0].databases

        with coming(run) as arriving:
            written = run.host.archives.write_filled(backup.slug, backup.file, content, fill)
        manifest = manifest_of(backup, run.record(Site), found, done[0])
        facts: dict[str, Any] = {
            **manifest,
            "databases": manifest["report"]["databases"],
            "files": written.files,
            "content": written.content,
            "warned": 0,
        }
        known = {"kind": manifest["site"]["kind"], "sha256": written.sha256, "facts": facts}
        known |= {f"has_{part}": there for part, there in manifest["has"].items()}
        Backup.objects.filter(pk=backup.pk).update(**known)

    def undo(self, run: Run) -> None:
        backup = run.record(Backup)
        run.host.archives.discard(backup.slug, backup.file)


class VerifyImported(VerifyArchive):
    """What was written is what is restored: all of it is read before it counts as a backup."""

    def __init__(self) -> None:
        super().__init__((Backup.Status.IN_PROGRESS,))


class ForgetUpload(Step):
    """What was sent has become a backup. What lies in the site's private folder is the site's."""

    key = "import-forget"

    def plan(self, run: Run) -> str:
        return "Remove what was sent" if run.params["upload"] else "Leave the file where it is"

    def do(self, run: Run) -> None:
        forget(run)


def found_of(run: Run) -> Found:
    """What the look has found: it stands in the journal, whoever carries on. Damaged where it does not."""
    memo = run.operation.lines.get(key=LookAtUpload.key).memo
    if "found" not in memo:
        raise Damaged("Nobody has looked at the archive yet.")
    return Found(**json.loads(memo["found"]))


def forget(run: Run) -> None:
    for name in ("upload", "dump_upload"):
        run.host.spool.remove(run.params[name])
