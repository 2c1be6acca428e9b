"""The FrankenPHP binary: what it is, scripts run by it, and whether a worker's PHP answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from apps.host.command import Identity, run
from apps.host.runtime.probe import Version, examine
from apps.host.supervisor.ask import ask
from frankenpanel.places import Places


@dataclass(frozen=True)
class FrankenPHP:
    binary: Path
    places: Places

    def version(self, identity: Identity | None = None) -> Version:
        """Start it, as *identity* if given, and ask: FrankenPHP's and PHP's version, and if that is thread safe.

        Refused when it is missing, does not start or is no FrankenPHP.
        """
        return examine(self.binary, identity)

    def at(self, binary: str) -> FrankenPHP:
        """The same for another one: each site runs on its own."""
        return replace(self, binary=Path(binary))

    def script(
        self, identity: Identity, script: Path | str, stdin: bytes = b"", cwd: Path | None = None, timeout: float = 60
    ) -> bytes:
        """Run a PHP script, a file or a text, on the command line as *identity*, and return what it printed.

        Secrets go in through *stdin*: everybody can read a text that is run. Raises CommandFailed for an exit code
        other than 0, Unavailable when it takes longer than *timeout* seconds.
        """
        what = [script] if isinstance(script, Path) else ["-r", script.removeprefix("<?php")]
        return run(
            [self.binary, "php-cli", *what],
            identity=identity,
            stdin=stdin,
            env={"XDG_CONFIG_HOME": "/nonexistent"},  # without it Caddy complains on standard error
            cwd=cwd,
            timeout=timeout,
        )

    def answers(self, port: int, site_id: int, token: str, seconds: float = 0.7) -> bool:
        """Whether the PHP of this start (*token*) of this site's worker answers on *port* within *seconds*."""
        answer = ask(port, seconds)
        return answer is not None and (answer.site, answer.token) == (str(site_id), token)
