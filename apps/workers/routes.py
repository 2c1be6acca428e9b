"""What a worker answers to which address: the routes of its JSON, in the order in which they are tried."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from apps.workers.behind import FORCED, Behind, challenge, public_address, refusal, visitor

if TYPE_CHECKING:
    from apps.sites.kinds.base import Rules

Route = dict[str, Any]

LOOPBACK = ["127.0.0.1/32", "::1/128"]
PROBE_PATH = "/.frankenpanel/php"
LEAKS = [
    *(f"*.{ending}" for ending in ("bak", "old", "orig", "save", "swp", "sql", "sql.gz", "sqlite", "log", "lock")),
    *(f"*.{ending}" for ending in ("ini", "inc", "phtml", "phar", "sh", "pem", "key")),
    *("*~", "/composer.json", "/error_log", "/wp-config-sample.php*"),
]
"""Left-overs, and files that PHP would not run but hand out as they are. Caddy compares without regard to case."""


def site_routes(
    rules: Rules, root: str, public_port: int, *, in_memory: bool = False, behind: Behind = FORCED
) -> list[Route]:
    """Everything but the probe: what is refused, first, then the files and PHP."""
    script = rules.worker_mode.script if rules.worker_mode and in_memory else ""
    by, env = public_address(behind, public_port)
    who, address = visitor(behind)
    memory = {"FRANKENPANEL_MEMORY": f"{root}/{script}"} if script else {}  # see templates/worker/memory.php
    answers = _answers(rules, root, {**env, **memory, "REMOTE_ADDR": address}, script)
    return [*_refusals(rules, behind), challenge(root), _encode(), *_rewrites(rules), *by, *who, *answers]


def probe_route(folder: str, answer: str, config: str) -> Route:
    """The panel's own script, run by this worker's PHP, for this machine only.

    Through the front every request carries X-Forwarded-For, so a visitor cannot come here by any address.
    """
    php = {"handler": "php", "root": folder, "env": {"FRANKENPANEL_ANSWER": answer, "FRANKENPANEL_CONFIG": config}}
    inside: list[Route] = [
        {"handle": [{"handler": "vars", "log_skip": True}, {"handler": "vars", "root": folder}]},
        {"handle": [{"handler": "rewrite", "uri": "/ready.php"}]},
        {"handle": [php]},
    ]
    match = {
        "path": [PROBE_PATH],
        "client_ip": {"ranges": LOOPBACK},
        "not": [{"header": {"X-Forwarded-For": ["*"]}}],
    }
    return {"match": [match], "handle": [{"handler": "subroute", "routes": inside}]}


def _refusals(rules: Rules, behind: Behind) -> Iterator[Route]:
    for status, match in _refused(rules):
        yield {"match": [match], "handle": [refusal(behind, status)]}


def _refused(rules: Rules) -> Iterator[tuple[int, dict[str, Any]]]:
    yield 404, {"path": ["*/.*"], "not": [{"path": ["/.well-known/*"]}]}
    yield 404, {"path": LEAKS}
    if rules.hidden:
        yield 404, _regexp("hidden", f"(?i){rules.hidden}")
    if not rules.php:
        yield 403, _regexp("noexec", r"(?i)\.php(/|$)")
    elif rules.no_php:
        yield 403, _regexp("noexec", rf"(?i)^/({rules.no_php})/.*\.php(/|$)")


def _rewrites(rules: Rules) -> Iterator[Route]:
    """A folder's requests that name no file go to one script: (``/api``, ``/api/index.php``)."""
    for folder, script in rules.rewrites:
        no_file = {"file": {"try_files": ["{http.request.uri.path}"]}}
        match = {"path": [folder, f"{folder}/*"], "not": [no_file]}
        yield {"match": [match], "handle": [{"handler": "rewrite", "uri": script}], "group": "rewrites"}


def _answers(rules: Rules, root: str, env: dict[str, str], script: str) -> Iterator[Route]:
    if rules.php:
        yield from _php_server(root, env, script)
    yield {"handle": [{"handler": "file_server", "root": root}]}


def _php_server(root: str, env: dict[str, str], script: str) -> Iterator[Route]:
    """What Caddy's ``php_server`` stands for: a file gets its answer, the rest *script*.

    Without one, a folder with an index.php gets its slash and its answer, and the rest index.php.
    """
    path = "{http.request.uri.path}"
    if not script:
        yield _slash(root, path)
    found = {
        "root": root,
        "split_path": [".php"],
        "try_files": [path, script] if script else [path, f"{path}/index.php", "index.php"],
        "try_policy": "first_exist_fallback",
    }
    to = {"handler": "rewrite", "uri": "{http.matchers.file.relative}{http.matchers.file.remainder}"}
    yield {"match": [{"file": found}], "handle": [to]}
    php = {"handler": "php", "root": root, "route_group": "0", "split_path": [".php"], "env": env}
    yield {"match": [{"path": ["*.php", "*.php/*"]}], "handle": [php]}


def _slash(root: str, path: str) -> Route:
    folder = {"file": {"root": root, "try_files": [f"{path}/index.php"]}, "not": [{"path": ["*/"]}]}
    slash = {
        "handler": "static_response",
        "status_code": 308,
        "headers": {"Location": ["{http.request.orig_uri.path}/"]},
    }
    return {"match": [folder], "handle": [slash]}


def _encode() -> Route:
    return {"handle": [{"handler": "encode", "encodings": {"gzip": {}, "zstd": {}}, "prefer": ["zstd", "gzip"]}]}


def _regexp(name: str, pattern: str) -> dict[str, Any]:
    return {"path_regexp": {"name": name, "pattern": pattern}}
