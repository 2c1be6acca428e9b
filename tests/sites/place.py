"""Where an installer of an application works: the application's files, and an empty database at a real MariaDB."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from apps.host.command import run
from apps.sites.kinds.base import DatabaseFacts, SiteFacts
from tests.sites.test_kinds import DATABASE


@dataclass(frozen=True)
class Place:
    public: Path
    facts: SiteFacts

    def sql(self, text: str) -> list[str]:
        assert self.facts.database
        argv = ["mariadb", "--no-defaults", f"--socket={self.facts.database.socket}", "--batch", "-N"]
        return run([*argv, self.facts.database.name], stdin=text.encode()).decode().splitlines()


def empty_database(server: Path) -> DatabaseFacts:
    """Made afresh, with its user, at the server with the socket *server*."""
    database = replace(DATABASE, password="p'w\\", socket=server)
    setup = f"""
        DROP DATABASE IF EXISTS {database.name}; CREATE DATABASE {database.name} CHARACTER SET utf8mb4;
        CREATE OR REPLACE USER {database.user}@localhost IDENTIFIED BY 'p''w\\\\';
        GRANT ALL ON {database.name}.* TO {database.user}@localhost;
    """
    run(["mariadb", "--no-defaults", f"--socket={server}"], stdin=setup.encode())
    return database
