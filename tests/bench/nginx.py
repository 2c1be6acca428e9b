"""nginx and php-fpm on a site's own files, as its user, with its certificate and its php.ini values."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings

from apps.host.command import PATH
from apps.sites.models import Site
from tests.bench.front import Front
from tests.bench.private import Panel
from tests.bench.waiting import ending, until

MISSING = "nginx and php-fpm are not installed, so there is nothing to compare with; nginx-light php-fpm php-mysql do."
FPM = """\
[global]
error_log = {folder}/fpm.log
daemonize = no
[site]
{user}
listen = {folder}/fpm.sock
listen.mode = 0666
pm = static
pm.max_children = {workers}
{values}
"""
NGINX = """\
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
worker_processes 2;
{user}
events {{ worker_connections 256; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    fastcgi_temp_path {folder}/fastcgi;
    proxy_temp_path {folder}/proxy;
    scgi_temp_path {folder}/scgi;
    uwsgi_temp_path {folder}/uwsgi;
    gzip on;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {certificate}.crt;
        ssl_certificate_key {certificate}.key;
        root {public};
        index index.php;
        location / {{ try_files $uri $uri/ /index.php?$args; }}
        location ~ \\.php$ {{
            fastcgi_pass unix:{folder}/fpm.sock;
            fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
            fastcgi_param SCRIPT_NAME $fastcgi_script_name;
            fastcgi_param DOCUMENT_ROOT $document_root;
            fastcgi_param REQUEST_URI $request_uri;
            fastcgi_param REQUEST_METHOD $request_method;
            fastcgi_param QUERY_STRING $query_string;
            fastcgi_param CONTENT_TYPE $content_type;
            fastcgi_param CONTENT_LENGTH $content_length;
            fastcgi_param SERVER_PROTOCOL $server_protocol;
            fastcgi_param SERVER_NAME $host;
            fastcgi_param SERVER_PORT 443;
            fastcgi_param REMOTE_ADDR $remote_addr;
            fastcgi_param HTTPS on;
        }}
    }}
}}
"""


def installed() -> bool:
    return bool(_program("nginx") and _fpm())


@contextmanager
def nginx(panel: Panel, site: Site) -> Iterator[int]:
    """Both, started and answering. Gives nginx's port."""
    folder, port = panel.places.root / "beside", _free_port()
    folder.mkdir()
    folder.chmod(0o755)
    for name, text in _files(panel, site, folder, port).items():
        (folder / name).write_text(text)
    fpm = [str(_fpm()), "--nodaemonize", "--fpm-config", str(folder / "fpm.conf")]
    own = [str(_program("nginx")), "-c", str(folder / "nginx.conf"), "-p", str(folder)]
    try:
        with ExitStack() as stack:
            for argv in (fpm, own):
                stack.enter_context(_started(argv, folder / "output"))
            host, front = site.hosts[0], Front(panel.places, port)
            until(partial(_answers, front, host), f"nginx and php-fpm do not answer for {host}.", 20)
            yield port
    finally:
        shutil.rmtree(folder)


def _answers(front: Front, host: str) -> bool:
    page = front.get(host)
    return page is not None and page.status == 200


def _files(panel: Panel, site: Site, folder: Path, port: int) -> dict[str, str]:
    places = panel.places
    php = json.loads(places.worker_config(site.pk).read_text())["apps"]["frankenphp"]
    user = places.site_user(site.pk) if panel.instance.separate else ""
    names: dict[str, Any] = {
        "folder": folder,
        "port": port,
        "public": places.public(site.slug),
        "certificate": places.caddy_storage / "certificates" / "local" / site.hosts[0] / site.hosts[0],
        "workers": php["num_threads"],
        "values": "\n".join(f"php_admin_value[{name}] = {value}" for name, value in php["php_ini"].items()),
    }
    return {
        "fpm.conf": FPM.format(user=f"user = {user}\ngroup = {user}" if user else "", **names),
        "nginx.conf": NGINX.format(user=f"user {user} {user};" if user else "", **names),
    }


@contextmanager
def _started(argv: list[str], output: Path) -> Iterator[None]:
    with output.open("ab") as log:
        process = subprocess.Popen(argv, env={"PATH": PATH}, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    with ending(process):
        yield


def _program(name: str) -> str | None:
    return shutil.which(name, path=PATH)


def _fpm() -> Path | None:
    """PHP's process manager: Debian's name carries the version."""
    found = [path for folder in PATH.split(":") for path in Path(folder).glob("php-fpm*") if os.access(path, os.X_OK)]
    same = settings.FRANKENPHP
    return max(found, key=lambda path: (path.name.removeprefix("php-fpm") in same, path.name), default=None)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
