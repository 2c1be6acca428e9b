"""What can be asked for of a site's backups, at every door."""

from __future__ import annotations

from collections.abc import Callable

from apps.backups.copying import DOMAIN, NAME
from apps.backups.downloads import SCOPE as DOWNLOAD
from apps.backups.inside import databases_in, inside
from apps.backups.links import link
from apps.backups.models import Backup
from apps.backups.shapes import BackupShape
from apps.backups.visible import visible_to
from apps.lifecycle.backup import SAVABLE, create_backup, delete_backup, update_backup, verify_backup
from apps.lifecycle.backup_import import SCOPE as IMPORT
from apps.lifecycle.backup_import import import_backup
from apps.lifecycle.clone import clone_backup
from apps.lifecycle.drill import drill_backup
from apps.lifecycle.requests import CHANGE, OPERATE, allowed
from apps.lifecycle.restore import RESTORABLE, restore_backup
from apps.operations.doors.table import Act, Field, Look, Noun


def _is(*states: Backup.Status) -> Callable[[Backup], bool]:
    return lambda backup: backup.status in states and backup.removed_at is None


def _can_be_restored(backup: Backup) -> bool:
    return _completed(backup) and backup.site is not None and backup.site.status in RESTORABLE


_completed = _is(Backup.Status.COMPLETED)
_LABEL = Field("label", "What it is for, in your words: before the update …", required=False)
_PINNED = Field("pinned", "Keep it until somebody says otherwise.", "flag", required=False)
_EVERYTHING = "With nothing chosen, all that is in it is restored."
_PARTS = (
    Field("files", f"The files. {_EVERYTHING}", "flag", required=False),
    Field("databases", "All databases.", "flag", required=False),
    Field("path", "One file or folder: public/wp-content/uploads.", required=False),
    Field("database", "One database, by the name that it had.", required=False, choices=databases_in),
    Field("table", "One table of it.", required=False),
    Field(
        "keep",
        "What it replaces is saved first, in a backup of its own: to restore that takes this restore back.",
        "flag",
        required=False,
        label="First save what it replaces",
        initial=lambda backup: True,
    ),
)

BACKUP = Noun(
    name="backup",
    label="Backups",
    key="file",
    columns=("id", "file", "site", "status", "has", "bytes", "created_at", "verified_at", "proven_at"),
    shape=BackupShape,
    visible_to=visible_to,
    site_of=lambda backup: backup.site,
    allowed=allowed,
    parent="site",
    acts=(
        Act(
            "create",
            create_backup,
            "backup:create",
            OPERATE,
            "Back up now",
            "Save a site's files and databases in one encrypted archive, while it goes on.",
            "./panel backup create rose-sons --label 'before the update'",
            fields=(
                _LABEL,
                _PINNED,
                Field("files", "Save the files.", "flag", required=False, initial=lambda site: True),
                Field("databases", "Save the databases.", "flag", required=False, initial=lambda site: True),
            ),
            offered=lambda site: site.status in SAVABLE,
            creates=True,
        ),
        Act(
            "import",
            import_backup,
            IMPORT,
            CHANGE,
            "Import an archive",
            "Make a backup of an archive from elsewhere: another panel's, or a tar or zip of any site and its dumps.",
            "./panel backup import rose-sons old-site.tar.gz --label 'from the old host'",
            fields=(
                Field("path", "The archive, in the site's private folder: backups/old-site.tar.gz.", required=False),
                Field("dump", "A dump that is not in it, in that folder, too: backups/old.sql.gz.", required=False),
                Field("upload", "Instead: an archive that was sent before.", "upload", required=False),
                Field("dump_upload", "Instead: a dump that was sent before.", "upload", required=False),
                Field("identity", "The key that it was locked for, if not for this server.", "secret", required=False),
                _LABEL,
            ),
            offered=lambda site: site.status in SAVABLE,
            creates=True,
        ),
        Act(
            "restore",
            restore_backup,
            "backup:restore",
            CHANGE,
            "Restore",
            "Put what is in a backup in the place of what its site has now.",
            "./panel backup restore 17 --path public/wp-content/uploads",
            fields=_PARTS,
            offered=_can_be_restored,
            confirm=True,
            about=inside,
        ),
        Act(
            "clone",
            clone_backup,
            "backup:restore",
            CHANGE,
            "New site from it",
            "Make a new site out of a backup, at a domain of its own.",
            "./panel backup clone 17 staging.rose.example",
            fields=(DOMAIN, NAME),
            offered=lambda backup: _completed(backup) and backup.has_files,
            about=inside,
        ),
        Act(
            "verify",
            verify_backup,
            "backup:change",
            CHANGE,
            "Verify",
            "Read all of a backup, and compare every file in it with what was written.",
            "./panel backup verify 17",
            offered=_completed,
        ),
        Act(
            "drill",
            drill_backup,
            "backup:change",
            CHANGE,
            "Drill",
            "Prove a backup: start a copy of the site from it where nobody sees it, look at its page, and remove it.",
            "./panel backup drill 17",
            offered=lambda backup: _can_be_restored(backup) and backup.has_files,
        ),
        Act(
            "update",
            update_backup,
            "backup:change",
            CHANGE,
            "Change",
            "Give a backup another label, or pin it so that nothing removes it.",
            "./panel backup update 17 --pinned",
            fields=(
                Field("label", _LABEL.help, required=False, initial=lambda backup: backup.label),
                Field("pinned", _PINNED.help, "flag", required=False, initial=lambda backup: backup.pinned),
            ),
            offered=_completed,
        ),
        Act(
            "delete",
            delete_backup,
            "backup:delete",
            CHANGE,
            "Delete",
            "Remove a backup's archive. Nothing brings it back.",
            "./panel backup delete 17",
            offered=lambda backup: _is(Backup.Status.COMPLETED, Backup.Status.FAILED)(backup) and not backup.pinned,
            confirm=True,
        ),
    ),
    looks=(
        Look(
            "export",
            link,
            DOWNLOAD,
            CHANGE,
            "Download link",
            "Make a link that gives the archive to whoever has it, for an hour: for wget on another machine.",
            "./panel backup export 17",
            told_once=True,
        ),
    ),
)
