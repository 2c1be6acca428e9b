"""When a commit waits for the disk: on PostgreSQL each does, which costs more than the rest of an empty step."""

from __future__ import annotations

from django.db import connection


def need_not_wait() -> None:
    """In a transaction: its commit may reach the disk together with the next one that waits, as SQLite's do.

    For words that nothing is done on the strength of before that next one. A server that loses power loses both.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit TO off")
