"""A site as large as one that earns money: 13,200 files of 1.5 GB, most of it photographs, and half a GB of rows.

The same at every time, by its seed.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from apps.host.command import Identity
from apps.host.mysql import MySQL
from tests.parts.dumping import run
from tests.parts.mariadb import administrator, private_mariadb

SEED = 20261126
SCRIPTS, PHOTOGRAPHS = 9_240, 3_959
SCRIPT, PHOTOGRAPH = 16_000, 340_000
"""Bytes, in the middle."""
FOLDER = 60
"""Files in a folder."""
ONE, ONE_SIZE = "wp-content/uploads/one.jpg", 1_500_000
WORDS = [
    *("return", "function", "array", "the", "of", "post", "meta", "option", "user", "page", "echo", "foreach", "if"),
    *("else", "string", "int", "null", "true", "and"),
]
POSTS, PIECES = 79_000, 40
"""Rows of the largest table, and pieces of a hundred letters in each."""
DATABASE, SCRATCH, PASSWORD = "fp_bench_abc123", "fp_bench_def456", "the bench's own"
TABLES = """
CREATE TABLE wp_posts (ID BIGINT PRIMARY KEY, post_title TEXT, post_content LONGTEXT) ENGINE=InnoDB CHARSET=utf8mb4;
CREATE TABLE wp_postmeta (meta_id BIGINT PRIMARY KEY, post_id BIGINT, meta_key VARCHAR(255), meta_value LONGTEXT,
 KEY post_id (post_id), KEY meta_key (meta_key(191))) ENGINE=InnoDB CHARSET=utf8mb4;
CREATE TABLE wp_comments (comment_ID BIGINT PRIMARY KEY, comment_content TEXT) ENGINE=InnoDB CHARSET=utf8mb4;
"""
FILL = """
INSERT INTO wp_posts SELECT seq, CONCAT('Post ', seq), CONCAT('It said: "', {pieces}, '"') FROM seq_1_to_{posts};
INSERT INTO wp_postmeta SELECT seq, seq DIV 10, CONCAT('_key_', seq MOD 40), SHA2(seq, 512) FROM seq_1_to_{metas};
INSERT INTO wp_comments SELECT seq, CONCAT('I think ', SHA2(seq, 512), ' too') FROM seq_1_to_{comments};
"""


@dataclass(frozen=True)
class Ground:
    """*site*: its folder, with ``public`` and ``private``, its user's. *socket*: its MariaDB's."""

    folder: Path
    site: Path
    owner: Identity
    socket: Path
    files: int
    bytes: int


@contextmanager
def a_large_site(folder: Path, owner: Identity) -> Iterator[Ground]:
    """All of it in *folder*, and the server that runs meanwhile. ``BENCH_SHARE``: how much of it, as in 0.1."""
    share = float(os.environ.get("BENCH_SHARE", "1"))
    site = folder / "site"
    files, size = make_files(site, owner, share)
    with private_mariadb(folder / "mysql", folder / "run") as socket:
        mysql = MySQL(socket, administrator())
        for name in (DATABASE, SCRATCH):
            mysql.create(name, PASSWORD)
        fill_database(socket, share)
        yield Ground(folder, site, owner, socket, files, size)


def make_files(site: Path, owner: Identity, share: float) -> tuple[int, int]:
    """How many files, and how many bytes in them."""
    chance = random.Random(SEED)  # noqa: S311 - the same every time is what is wanted
    text = " ".join(chance.choices(WORDS, k=400_000)).encode()
    contents = [_script(chance, text) for _ in range(round(SCRIPTS * share))]
    sizes = [round(chance.uniform(0.2, 1.8) * PHOTOGRAPH) for _ in range(round(PHOTOGRAPHS * share))]
    (site / "private").mkdir(parents=True)
    for number, content in enumerate(contents):
        _write(site / f"public/wp-includes/{number // FOLDER}/{number}.php", content)
    for number, size in enumerate(sizes):
        _write(site / f"public/wp-content/uploads/{number // FOLDER}/{number}.jpg", chance.randbytes(size))
    _write(site / "public" / ONE, chance.randbytes(ONE_SIZE))
    for path in site.rglob("*"):
        os.chown(path, owner.uid, owner.gid)
    return len(contents) + len(sizes) + 1, sum(map(len, contents)) + sum(sizes) + ONE_SIZE


def _script(chance: random.Random, text: bytes) -> bytes:
    begin = chance.randrange(len(text) - 2 * SCRIPT)
    return text[begin : begin + round(chance.uniform(0.1, 1.9) * SCRIPT)]


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def fill_database(socket: Path, share: float) -> None:
    run(socket, DATABASE, TABLES)
    pieces = ", ".join(f"' and then ', SHA2(seq * {number}, 256), ' came the next'" for number in range(1, PIECES + 1))
    amounts = {"posts": round(POSTS * share), "metas": round(1_200_000 * share), "comments": round(200_000 * share)}
    run(socket, DATABASE, FILL.format(pieces=pieces, **amounts))
