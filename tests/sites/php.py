"""The real PHP, on the command line."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

from apps.host.runtime.locate import locate


@cache
def frankenphp() -> Path:
    found = locate(settings.PLACES.cache, os.environ, lambda line: None)
    assert found, "there is no FrankenPHP in the cache"
    return found.binary


def php(code: str, given: object = None) -> Any:
    """Run *code* (with its ``<?php``) and return the JSON that it prints. It finds *given* in ``$given``."""
    with tempfile.NamedTemporaryFile("w", suffix=".php", encoding="utf-8") as file:
        file.write(code)
        file.flush()
        reader = "$given = json_decode(file_get_contents('php://stdin'), true); require $given[0];"
        argv = [str(frankenphp()), "php-cli", "-r", reader]
        stdin = json.dumps([file.name, given]).encode()
        done = subprocess.run(argv, input=stdin, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def tokens(text: str) -> list[str]:
    """What PHP's own parser makes of *text*: the kind of each token. Fails when it does not parse."""
    code = """<?php
    $found = PhpToken::tokenize($given[1], TOKEN_PARSE);
    echo json_encode(array_map(fn ($token) => $token->getTokenName(), $found));
    """
    listed: list[str] = php(code, text)
    return listed


def defined(config: str) -> dict[str, Any]:
    """The constants that a ``wp-config.php`` defines, seen where WordPress would begin."""
    code = """<?php
    $folder = sys_get_temp_dir() . '/' . bin2hex(random_bytes(8));
    mkdir($folder);
    file_put_contents("$folder/wp-config.php", $given[1]);
    file_put_contents("$folder/wp-settings.php", '<?php');
    require "$folder/wp-config.php";
    array_map('unlink', glob("$folder/*"));
    rmdir($folder);
    echo json_encode(get_defined_constants(true)['user']);
    """
    constants: dict[str, Any] = php(code, config)
    return constants
