"""A database with one of everything that a dump must carry, and what it looks like from outside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import MySQLdb

from tests.parts.mariadb import administrator

EVERYTHING = """
CREATE TABLE parents (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(80) NOT NULL, UNIQUE (name)) ENGINE=InnoDB;
CREATE TABLE children (id INT PRIMARY KEY, parent INT, CONSTRAINT of_parent FOREIGN KEY (parent) REFERENCES parents (id)
 ON DELETE CASCADE) ENGINE=InnoDB;
CREATE TABLE log (at INT AUTO_INCREMENT PRIMARY KEY, line TEXT) ENGINE=InnoDB;
CREATE TABLE isam (a INT, b TEXT, FULLTEXT (b)) ENGINE=MyISAM;
CREATE TABLE aria (a INT) ENGINE=Aria;
CREATE TABLE volatile_ (a INT) ENGINE=MEMORY;
CREATE TABLE `odd ``name; --` (`a b` INT, made INT AS (`a b` + 1) STORED) ENGINE=InnoDB;
CREATE TABLE bytes (id INT PRIMARY KEY, raw BLOB, said TEXT CHARACTER SET utf8mb4) ENGINE=InnoDB;
CREATE TABLE parts (id INT) PARTITION BY HASH (id) PARTITIONS 3;
CREATE SEQUENCE numbers START WITH 7;
INSERT INTO parents (name) VALUES ('Ana'), ('Bob\\'s "x" -- DEFINER=`a`@`b`');
INSERT INTO children VALUES (1, 1), (2, 2);
INSERT INTO isam VALUES (1, 'CREATE DEFINER=`root`@`localhost` PROCEDURE p()');
INSERT INTO aria VALUES (3);
INSERT INTO `odd ``name; --` (`a b`) VALUES (41);
INSERT INTO bytes VALUES (1, 0x00FF0A0D275C1A, '\U0001f600 \u00fc\\n--\\\\'), (2, NULL, '');
INSERT INTO parts VALUES (1), (2), (3);
CREATE VIEW names AS SELECT name FROM parents;
CREATE VIEW of_names AS SELECT UPPER(name) AS loud FROM names;
CREATE TRIGGER told AFTER INSERT ON parents FOR EACH ROW INSERT INTO log (line) VALUES (CONCAT('new ', NEW.name));
CREATE PROCEDURE counted(OUT n INT) COMMENT 'it''s counted'
 BEGIN /* don't lose this */ SELECT COUNT(*) INTO n FROM log; END;
CREATE FUNCTION twice(n INT) RETURNS INT DETERMINISTIC RETURN n * 2;
CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY DO DELETE FROM log;
"""
SOME = """
CREATE TABLE parents (id INT PRIMARY KEY, name VARCHAR(80));
CREATE TABLE log (line TEXT) ENGINE=MyISAM;
INSERT INTO parents VALUES (1, 'Ana');
CREATE VIEW names AS SELECT name FROM parents;
CREATE TRIGGER told AFTER INSERT ON parents FOR EACH ROW INSERT INTO log VALUES (NEW.name);
CREATE PROCEDURE counted(OUT n INT) SELECT COUNT(*) INTO n FROM log;
"""
CODE = {
    "views": "SELECT TABLE_NAME, VIEW_DEFINITION, DEFINER FROM information_schema.VIEWS WHERE TABLE_SCHEMA = %s",
    "triggers": "SELECT TRIGGER_NAME, ACTION_STATEMENT, DEFINER FROM information_schema.TRIGGERS"
    " WHERE TRIGGER_SCHEMA = %s",
    "routines": "SELECT ROUTINE_NAME, ROUTINE_DEFINITION, DEFINER FROM information_schema.ROUTINES"
    " WHERE ROUTINE_SCHEMA = %s",
    "events": "SELECT EVENT_NAME, EVENT_DEFINITION, DEFINER FROM information_schema.EVENTS WHERE EVENT_SCHEMA = %s",
}
TABLES = (
    "SELECT TABLE_NAME, TABLE_TYPE, ENGINE FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s"
    " AND TABLE_TYPE != 'VIEW' ORDER BY 1"
)


def run(socket: Path, database: str, statements: str, user: str = "", password: str = "") -> None:
    """Run *statements*, each ended by a semicolon at the end of a line, as the administrator or as *user*."""
    connection = connect(socket, database, user, password)
    with connection.cursor() as cursor:
        for statement in statements.split(";\n"):
            if statement.strip():
                cursor.execute(statement)
    connection.close()


def ask(socket: Path, database: str, query: str, *values: str) -> Any:
    connection = connect(socket, database)
    with connection.cursor() as cursor:
        cursor.execute(query, values or None)
        rows = cursor.fetchall()
    connection.close()
    return rows


def content(socket: Path, database: str) -> dict[str, Any]:
    """All of it: each table's rows and definition, and all code with its owner, without the database's own name."""
    found: dict[str, Any] = {}
    for name, kind, engine in ask(socket, database, TABLES, database):
        quoted = "`" + name.replace("`", "``") + "`"
        defined = ask(socket, database, f"SHOW CREATE TABLE {quoted}")[0][1]
        rows = sorted(ask(socket, database, f"SELECT * FROM {quoted}"), key=repr)  # noqa: S608
        found[name] = (kind, engine, defined, rows)
    for name, query in CODE.items():
        rows = sorted(ask(socket, database, query, database))
        found[f"its {name}"] = [tuple(str(value).replace(database, "DB") for value in row) for row in rows]
    return found


def connect(socket: Path, database: str, user: str = "", password: str = "") -> Any:
    login = {"user": user or administrator(), "password": password, "database": database}
    return MySQLdb.connect(unix_socket=str(socket), charset="utf8mb4", autocommit=True, **login)
