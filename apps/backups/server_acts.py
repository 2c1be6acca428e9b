"""What can be asked for of a server's archives as a whole."""

from __future__ import annotations

from apps.backups.looks import as_file, new_recovery_key
from apps.backups.recovery import recovery_of
from apps.lifecycle.key_rotation import PERMISSION, SCOPE
from apps.lifecycle.panel_backup import SCOPE as SAVE
from apps.lifecycle.panel_backup import export_panel
from apps.lifecycle.recovery_key import set_recovery_key
from apps.operations.doors.table import Act, Field, Look

SERVER_ACTS = (
    Act(
        "recovery",
        set_recovery_key,
        SCOPE,
        PERMISSION,
        "Recovery key",
        "Lock archives for a key too that lies elsewhere: with it they open when the server is lost. The one before"
        " is retired.",
        "./panel server recovery local age1…",
        fields=(
            Field("recipient", "What the key is known by: age1…, as age-keygen prints it. Never the key itself."),
        ),
        confirm=True,
        button="Set the key",
    ),
    Act(
        "export",
        export_panel,
        SAVE,
        PERMISSION,
        "Back up the panel",
        "Save the panel's own records, keys and settings, for the recovery key to open; it does so every day by"
        " itself.",
        "./panel server export local",
        offered=lambda server: bool(recovery_of(server)),
    ),
)
SERVER_LOOKS = (
    Look(
        "recovery-key",
        new_recovery_key,
        SCOPE,
        PERMISSION,
        "New recovery key",
        "Make a pair of keys for that. Keep it where a loss of this server does not reach it: the panel forgets it"
        " at once. Then set its recipient as the recovery key.",
        "./panel server recovery-key local --credentials-file recovery.key",
        told_once=True,
        as_file=as_file,
    ),
)
