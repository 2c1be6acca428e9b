"""What the browser's FrankenPHP runs with: told to it on standard input, so that no file has the password in it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from apps.workers.routes import Route

SECOND = 1_000_000_000
STATIC = ["/adminer/static/*", "/externals/jush/*"]
PROBE, PAGE = "/ready", "/adminer/"
NOTHING: Route = {"handle": [{"handler": "static_response", "status_code": 404}]}
FORBIDDEN = "exec,passthru,shell_exec,system,proc_open,popen,mail,phpinfo,dl,putenv,pcntl_exec,pcntl_fork"
"""Functions that a page through which somebody writes to a database has no use for."""


@dataclass(frozen=True)
class Opening:
    """One database, as its own account. *code* is where Adminer lies, *tmp* the one folder that PHP may write to.

    *session* is the word for its visitor's session, of which there is one.
    """

    database: str
    socket: Path
    code: Path
    tmp: Path
    session: str
    password: str = field(repr=False)

    def config(self, listen: str) -> bytes:
        """The JSON of a FrankenPHP that listens on *listen*. It hands out Adminer's own files, and runs one script."""
        scripts = self._script("/ready.php", PROBE, {}), self._script("/index.php", PAGE, self._told)
        server = {
            "listen": [listen],
            "protocols": ["h1"],
            "automatic_https": {"disable": True},
            "read_header_timeout": 10 * SECOND,
            "idle_timeout": 120 * SECOND,
            "routes": [*scripts, self._files(), NOTHING],
        }
        return json.dumps(
            {
                "admin": {"disabled": True, "config": {"persist": False}},
                "storage": {"module": "file_system", "root": f"{self.tmp}/.caddy"},
                "apps": {
                    "frankenphp": {"num_threads": 2, "max_threads": 4, "php_ini": self._ini()},
                    "http": {"grace_period": SECOND, "servers": {"browser": server}},
                },
            }
        ).encode()

    def _files(self) -> Route:
        return {"match": [{"path": STATIC}], "handle": [{"handler": "file_server", "root": str(self.code)}]}

    def _script(self, script: str, path: str, told: dict[str, str]) -> Route:
        php = {"handler": "php", "root": str(self.code), "env": told, "split_path": [".php"]}
        handle = [{"handler": "rewrite", "uri": script}, php]
        return {"match": [{"path": [path]}], "handle": handle, "terminal": True}

    @property
    def _told(self) -> dict[str, str]:
        return {
            "HTTPS": "on",
            "BROWSER_DATABASE": self.database,
            "BROWSER_PASSWORD": self.password.encode().hex(),  # Caddy would fill in what stands in braces
            "BROWSER_SOCKET": str(self.socket),
            "BROWSER_SESSION": self.session,
        }

    def _ini(self) -> dict[str, str]:
        return {
            "open_basedir": f"{self.code}:{self.tmp}",
            "sys_temp_dir": str(self.tmp),
            "session.save_path": str(self.tmp),
            "disable_functions": FORBIDDEN,
            "file_uploads": "Off",
            "allow_url_fopen": "Off",
            "mysqli.allow_local_infile": "Off",
            "post_max_size": "16M",
            "memory_limit": "256M",
            "display_errors": "Off",
            "log_errors": "Off",
            "expose_php": "Off",
            "zend.exception_ignore_args": "On",
            "opcache.memory_consumption": "33",
        }
