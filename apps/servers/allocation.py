"""One at a time: the lock under which slugs, ports and names are given out."""

from __future__ import annotations

from django.db import connection

KEY = 0x46_50_41_4E  # "FPAN": this panel's own number among a PostgreSQL server's advisory locks


def one_at_a_time() -> None:
    """Let nobody else give anything out until this transaction ends.

    On SQLite the transaction is the lock (``BEGIN IMMEDIATE``); on PostgreSQL an advisory lock is taken.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [KEY])
