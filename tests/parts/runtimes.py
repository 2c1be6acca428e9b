"""Further FrankenPHPs: a copy of the real one at another path, and programs that are none, each with its fault."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings

from apps.servers.models import Runtime, Server
from tests.parts.ground import open_folder

SPEAKS = """#!/bin/sh
case "$1" in
    version) echo "FrankenPHP v{frankenphp} PHP 8.4.1 Caddy v2.11.0";;
    php-cli) echo "8.4.1 {zts}";;
    *) {serves};;
esac
"""


@contextmanager
def second_frankenphp() -> Iterator[Path]:
    """A real one, where site users can come to it."""
    with open_folder() as folder:
        yield Path(shutil.copy(settings.FRANKENPHP, folder / "frankenphp"))


def a_runtime(name: str, path: Path, *, thread_safe: bool = True) -> Runtime:
    """The record alone, on this machine."""
    server = Server.objects.get(name=settings.SERVER)
    facts = {"version": "1.12.7", "php_version": "8.2.32", "thread_safe": thread_safe}
    return Runtime.objects.create(server=server, name=name, path=str(path), **facts)


def speaking(path: Path, *, frankenphp: str = "1.12.7", zts: int = 1, serves: str = "exec sleep 600") -> Path:
    """A program that says of itself what a FrankenPHP says; told to serve, it does what *serves* says."""
    path.write_text(SPEAKS.format(frankenphp=frankenphp, zts=zts, serves=serves))
    path.chmod(0o755)
    return path


@pytest.fixture
def second() -> Iterator[Path]:
    with second_frankenphp() as path:
        yield path
