"""What can be asked for of the database browser: of a server."""

from __future__ import annotations

from apps.lifecycle.browser import SWITCH, switch_browser
from apps.operations.doors.table import Act, Field

SERVER_ACTS = (
    Act(
        "browser",
        switch_browser,
        "server:change",
        SWITCH,
        "Database browser",
        "Let the owners of sites browse their databases with Adminer, through the panel; or nobody, as at first.",
        "./panel server browser local --on",
        fields=(
            Field(
                "on",
                "The name databases.<the panel's> must lead here too.",
                "flag",
                required=False,
                initial=lambda server: server.browser,
            ),
        ),
    ),
)
