"""The JSON that a site's FrankenPHP runs, built as a dict: nothing in it comes from a text with places to fill.

A test compares it with what FrankenPHP itself makes of the same worker written as a Caddyfile. It holds no secret.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from apps.workers.behind import FORCED, Behind, error_routes
from apps.workers.php_ini import php_ini
from apps.workers.routes import LOOPBACK, probe_route, site_routes

if TYPE_CHECKING:
    from pathlib import Path

    from apps.sites.kinds.base import Rules
    from frankenpanel.places import Places

SECOND = 1_000_000_000  # Caddy counts in nanoseconds
BODY_LIMIT = 64 * 1024 * 1024
THREADS = (2, 6)
"""Of PHP: how many there always are, and how many at most."""


@dataclass(frozen=True)
class WorkerFacts:
    """All that a worker's configuration is made of.

    *public_port* is the front's port, which the site's own addresses carry. *grace* is how many seconds a running
    request may take to end when the worker stops. *inherited*: it runs as a unit of systemd, with the listeners
    of a socket unit (3 and 4) and systemd's own mark of a start. *in_memory*: the site has the script of its
    kind's worker mode. *body_limit*: bytes that a request may carry. *renewed*: when what such an application has
    read at its start was last changed: another time makes another configuration, which starts it anew. *socket*: where
    a trial listens, instead of at the port; it sends no mail and is not measured.
    """

    site_id: int
    slug: str
    port: int
    public_port: int
    places: Places
    rules: Rules
    grace: int = 15
    threads: tuple[int, int] = THREADS
    php_ini: Mapping[str, str] = field(default_factory=dict)
    inherited: bool = False
    in_memory: bool = False
    body_limit: int = BODY_LIMIT
    renewed: str = ""
    socket: str = ""
    behind: Behind = FORCED


def worker_config(facts: WorkerFacts) -> dict[str, Any]:
    """Worker Creation 1: what is written to ``worker.json``.

    The probe answers with a digest of all the rest, so that a reload can be seen to have happened. A file beside it
    says on which address it listens (``apps.host.supervisor.listening``).
    Raises ValueError with a sentence for a port or a php.ini value that cannot be.
    """
    if not 1024 <= facts.port <= 65535:  # noqa: PLR2004 - what a worker without privileges can bind
        raise ValueError(f"{facts.port} cannot be a worker's port; choose one from 1024 to 65535.")
    digest = sha256(json.dumps(_config(facts, ""), sort_keys=True).encode())
    return _config(facts, digest.hexdigest()[:16])


def _config(facts: WorkerFacts, mark: str) -> dict[str, Any]:
    return {
        "admin": {"disabled": True, "config": {"persist": False}},
        # without a HOME, Caddy has no other place to put its storage
        "storage": {"module": "file_system", "root": str(_tmp(facts) / ".caddy")},
        "logging": {"logs": {"default": {"exclude": ["http.log.access.access"]}, "access": _access_log(facts)}},
        "apps": {
            "frankenphp": _frankenphp(facts),
            "http": {
                "grace_period": facts.grace * SECOND,
                "servers": {"site": _site(facts, mark), **({} if facts.socket else {"metrics": _metrics(facts)})},
                "metrics": {},
            },
        },
    }


def _frankenphp(facts: WorkerFacts) -> dict[str, Any]:
    least, most = facts.threads
    workers = _workers(facts, least)
    first = {"auto_prepend_file": str(facts.places.probe / "memory.php")} if workers else {}
    least += sum(worker["num"] for worker in workers)  # the probe needs a thread that is no worker's
    return {
        **({"workers": workers} if workers else {}),
        "num_threads": least,
        "max_threads": max(least, most),
        "max_wait_time": 30 * SECOND,
        "max_idle_time": 60 * SECOND,
        "max_requests": 1000,
        "php_ini": php_ini({**_paths(facts), **first}, facts.php_ini),
    }


def _workers(facts: WorkerFacts, number: int) -> list[dict[str, Any]]:
    """What stays in memory. A script that fails ends the start after a second, and the reason is in the log."""
    mode = facts.rules.worker_mode
    if mode is None or not facts.in_memory:
        return []
    site = facts.places.site(facts.slug)
    env = {**mode.env, **{name: str(site / path) for name, path in mode.paths.items()}}
    if facts.renewed:
        env["SITE_RENEWED"] = facts.renewed
    script = str(site / facts.rules.document_root / mode.script)
    return [{"file_name": script, "num": number, "env": env, "max_consecutive_failures": 3}]


def _paths(facts: WorkerFacts) -> dict[str, str]:
    own = own_ini(facts.places, facts.site_id, facts.slug)
    return {**own, "sendmail_path": "/bin/false /nowhere -t -i"} if facts.socket else own


def own_ini(places: Places, site_id: int, slug: str) -> dict[str, str]:
    """The values of php.ini that no site chooses."""
    tmp = places.site(slug) / "tmp"
    return {
        "open_basedir": f"{places.site(slug)}:{places.probe}:/usr/share/php",
        "sys_temp_dir": str(tmp),
        "upload_tmp_dir": str(tmp),
        "session.save_path": str(tmp / "sessions"),
        "error_log": f"{places.site_logs(slug)}/php-error.log",
        "expose_php": "Off",
        "sendmail_path": f"{places.sendmail} {places.postbox(site_id)} -t -i",
    }


def _tmp(facts: WorkerFacts) -> Path:
    return facts.places.site(facts.slug) / "tmp"


def _site(facts: WorkerFacts, mark: str) -> dict[str, Any]:
    root = f"{facts.places.site(facts.slug)}/{facts.rules.document_root}"
    token = "INVOCATION_ID" if facts.inherited else "SITE_INSTANCE"
    answer = f"{facts.site_id} {{env.{token}}}"
    routes = [
        probe_route(str(facts.places.probe), answer, mark),
        *site_routes(facts.rules, root, facts.public_port, in_memory=facts.in_memory, behind=facts.behind),
    ]
    handle = [
        {"handler": "vars", "root": root},
        {"handler": "request_body", "max_size": facts.body_limit},
        {"handler": "subroute", "routes": routes},
    ]
    listen = "fd/3" if facts.inherited else f"{{file.{facts.places.worker_listen(facts.site_id)}}}:{facts.port}"
    listen = f"unix/{facts.socket}|0600" if facts.socket else listen
    server = {**_server(listen), "logs": {"default_logger_name": "access"}, "routes": [{"handle": handle}]}
    server["trusted_proxies"] = {"source": "static", "ranges": [*LOOPBACK, *facts.behind.proxies]}
    shown = list(error_routes(facts.behind, root))
    return {**server, "errors": {"routes": shown}} if shown else server


def _metrics(facts: WorkerFacts) -> dict[str, Any]:
    listen = "fd/4" if facts.inherited else f"unix/{facts.places.metrics_socket(facts.site_id)}|0660"
    return {**_server(listen), "routes": [{"handle": [{"handler": "metrics"}]}]}


def _server(listen: str) -> dict[str, Any]:
    return {
        "listen": [listen],
        "read_header_timeout": 10 * SECOND,
        "idle_timeout": 120 * SECOND,
        "automatic_https": {"disable": True},
        "protocols": ["h1"],
        "trusted_proxies": {"source": "static", "ranges": LOOPBACK},
        "trusted_proxies_strict": 1,
    }


def _access_log(facts: WorkerFacts) -> dict[str, Any]:
    """The site's own file in the site's own folder: opened by the worker, never by root."""
    return {
        "include": ["http.log.access.access"],
        "encoder": {"format": "json"},
        "writer": {
            "output": "file",
            "filename": f"{facts.places.site_logs(facts.slug)}/access.log",
            "mode": "0640",
            "roll_size_mb": 20,
            "roll_keep": 5,
        },
    }
