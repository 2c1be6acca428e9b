"""For every test: a database that other processes can open, and plain HTTP."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from importlib import import_module
from unittest.mock import patch

import pytest
from django.conf import settings
from django.core.management.color import Style
from django.db import connection
from django.db.backends.base.operations import BaseDatabaseOperations

from tests.parts.machine import machine, parts
from tests.parts.share import left_out

__all__ = ["machine", "parts"]  # here alone: imported in two places they would be two machines in one root
OF_EACH_MODEL = {"django_content_type", "auth_permission"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With ``TESTS_SHARE`` a part of them."""
    out = left_out(items, int(os.environ.get("TESTS_SHARE", "1")))
    config.hook.pytest_deselected(items=out)
    items[:] = [item for item in items if item not in set(out)]


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Where the settings say it is, not in memory or under another name: a runner is another process."""
    database = settings.DATABASES["default"]
    database["TEST"]["NAME"] = database["NAME"]


@pytest.fixture(scope="session", autouse=True)
def _what_a_test_wrote_leaves_with_it() -> Iterator[None]:
    """Tests with transactions of their own are followed by a flush, and the audit's trigger would refuse it.

    What stands there for each model is left alone: to write it anew takes ten times as long as all the rest.
    """
    operations = type(connection.ops)  # the class: a browser's event loop has a connection of its own
    flush, statements_for = operations.execute_sql_flush, operations.sql_flush
    triggers = import_module("apps.audit.migrations.0002_append_only").SQLITE

    def flush_past_the_trigger(self: BaseDatabaseOperations, statements: Sequence[str]) -> None:
        if connection.vendor == "sqlite":
            flush(self, ["DROP TRIGGER audit_no_delete", *statements, triggers[1]])
        else:
            table = "ALTER TABLE audit_auditrow {} TRIGGER USER"
            flush(self, [table.format("DISABLE"), *statements, table.format("ENABLE")])

    def statements_for_the_rest(
        self: BaseDatabaseOperations, style: Style, tables: Sequence[str], **how: bool
    ) -> list[str]:
        return statements_for(self, style, [name for name in tables if name not in OF_EACH_MODEL], **how)

    with (
        patch.object(operations, "execute_sql_flush", flush_past_the_trigger),
        patch.object(operations, "sql_flush", statements_for_the_rest),
        patch("django.core.management.commands.flush.emit_post_migrate_signal", lambda *_: None),
    ):
        yield


@pytest.fixture(autouse=True)
def _plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    """Django's test client speaks no TLS; a password need not be slow to check, nor each client look for all files."""
    monkeypatch.setattr(settings, "SECURE_SSL_REDIRECT", False)
    monkeypatch.setattr(settings, "WHITENOISE_AUTOREFRESH", True, raising=False)
    monkeypatch.setattr(settings, "PASSWORD_HASHERS", ["django.contrib.auth.hashers.MD5PasswordHasher"])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Where the seed's lines were looked at: how many of how many are carried."""
    reports = [one for found in terminalreporter.stats.values() for one in found]
    if any("tests/lifecycle/test_lines.py" in getattr(one, "nodeid", "") for one in reports):
        from tests.lifecycle.lines import count

        terminalreporter.write_line(f"{count()}; all of them: python -m tests.lifecycle.lines")
