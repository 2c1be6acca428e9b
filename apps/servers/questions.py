"""What a runner looks up about its server for the doors."""

from __future__ import annotations

from pathlib import Path

from apps.host.host import Host
from apps.host.runtime.admit import admit
from apps.operations.models import Question
from apps.operations.questions import answers


@answers("runtime")
def runtime(question: Question, host: Host) -> dict[str, str | bool]:
    """``{version, php_version, thread_safe}`` of the FrankenPHP at a path. Refused where no site could run on it."""
    found = admit(Path(question.params["path"]))
    return {"version": found.frankenphp, "php_version": found.php, "thread_safe": found.thread_safe}
