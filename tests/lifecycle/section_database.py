"""Database Lifecycle: what is seen outside."""

from __future__ import annotations

import re
from typing import Any

import MySQLdb
from django.conf import settings

from apps.databases.models import Database
from apps.databases.naming import PASSWORD_LENGTH
from apps.databases.steps.keeping import ForgetDatabase
from apps.databases.steps.rotation import LetBothPasswordsIn, SealNewPassword, StoreNewPassword
from apps.databases.steps.rotation_config import WriteNewPassword
from apps.host.mysql import MySQL
from apps.host.sql import password_hash
from apps.servers.models import Kept
from tests.lifecycle.creation import rows
from tests.lifecycle.sections import Scene, Section, nothing
from tests.parts.mariadb import administer


def logged_in(name: str, password: str, statement: str = "SELECT 1") -> Any:
    connection = MySQLdb.connect(
        unix_socket=str(settings.PLACES.mysql_socket), user=name, passwd=password, database=name
    )
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()
    finally:
        connection.close()  # type: ignore[no-untyped-call]


def password_of(scene: Scene, name: str) -> str:
    """What the panel has sealed: a runner opens it."""
    return scene.host.vault.open(Database.objects.get(name=name).sealed_password)


def mysql(statement: str) -> Any:
    return administer(settings.PLACES.mysql_socket, statement)


# 1. Database Creation


def create(scene: Scene) -> None:
    scene.do("databases/", site=scene.site.slug, label="statistics")
    body = scene.answer.json()
    scene.notes["name"] = (body.get("database") or {}).get("name", "")


def further(scene: Scene) -> str:
    """The database that was made: the site had one before."""
    made = [row[0] for row in rows("SELECT name FROM databases_database ORDER BY id")]
    assert len(made) == 2
    return str(made[1])


def its_name_is_its_own(scene: Scene) -> None:
    name = further(scene)
    assert re.fullmatch(r"fp[0-9a-f]{4}_lines_[a-z0-9]{6}", name)
    assert name != rows("SELECT name FROM databases_database ORDER BY id")[0][0]


def its_account_has_the_same_name(scene: Scene) -> None:
    name = further(scene)
    assert [host for user, host in mysql("SELECT User, Host FROM mysql.user") if user == name] == ["localhost"]


def its_password_has_32_characters(scene: Scene) -> None:
    assert re.fullmatch(r"[A-Za-z0-9]{32}", password_of(scene, further(scene)))
    assert PASSWORD_LENGTH == 32


def mysql_knows_it_by_the_socket_alone(scene: Scene) -> None:
    assert (further(scene),) in mysql("SHOW DATABASES")


def it_takes_every_character(scene: Scene) -> None:
    sets = dict(mysql("SELECT SCHEMA_NAME, DEFAULT_CHARACTER_SET_NAME FROM information_schema.SCHEMATA"))
    assert sets[further(scene)] == "utf8mb4"


def its_account_logs_in(scene: Scene) -> None:
    name = further(scene)
    assert logged_in(name, password_of(scene, name)) == ((1,),)


def its_account_may_do_all_there_and_nothing_elsewhere(scene: Scene) -> None:
    name = further(scene)
    password = password_of(scene, name)
    logged_in(name, password, "CREATE TABLE t (n INT)")
    assert {row[0] for row in logged_in(name, password, "SHOW DATABASES")} == {name, "information_schema"}


def its_password_is_sealed(scene: Scene) -> None:
    further(scene)
    (sealed,) = rows("SELECT sealed_password FROM databases_database ORDER BY id")[1]
    assert sealed.startswith("gAAAA")
    assert scene.host.vault.open(sealed) not in sealed


def it_is_recorded(scene: Scene) -> None:
    further(scene)
    label, status, sealed = rows("SELECT label, status, sealed_password FROM databases_database ORDER BY id")[1]
    assert (label, status) == ("statistics", "active")
    assert sealed


def the_answer_has_no_password(scene: Scene) -> None:
    told = scene.answer.json()["database"]
    name = further(scene)
    assert (told["name"], told["user"], told["label"], told["site"]) == (name, name, "statistics", "lines")
    assert password_of(scene, name) not in scene.answer.content.decode()
    assert not any("password" in key for key in told)


CREATION = Section(
    "Database Lifecycle / 1. Database Creation",
    site={"database": True},
    act=create,
    facts={
        1: its_name_is_its_own,
        2: its_account_has_the_same_name,
        3: its_password_has_32_characters,
        4: mysql_knows_it_by_the_socket_alone,
        5: it_takes_every_character,
        6: its_account_logs_in,
        7: its_account_may_do_all_there_and_nothing_elsewhere,
        8: its_password_is_sealed,
        9: it_is_recorded,
        10: the_answer_has_no_password,
    },
    carriers={
        1: ("apps.lifecycle.database", "database_name", nothing),
        2: ("apps.host.mysql", "make_account", nothing),
        3: ("apps.databases.steps", "new_password", lambda: "short"),
        4: (MySQL, "connected", nothing),
        5: ("apps.host.mysql", "make_database", nothing),
        6: ("apps.host.mysql", "make_account", nothing),
        7: ("apps.host.mysql", "grant", nothing),
        8: ("apps.host.vault.Vault", "seal", lambda self, text: text),
        9: (Database, "save", nothing),
        10: ("apps.databases.shapes.DatabaseShape", "to_representation", lambda self, database: {}),
    },
)


# 2. Database Password Rotation


def know_the_old(scene: Scene) -> None:
    name = scene.site.databases.get().name
    scene.notes |= {"name": name, "old": password_of(scene, name)}


def rotate(scene: Scene) -> None:
    scene.do(f"databases/{scene.site.databases.get().pk}/rotate/")


def the_password_is_another(scene: Scene) -> None:
    new = password_of(scene, scene.notes["name"])
    assert re.fullmatch(r"[A-Za-z0-9]{32}", new)
    assert new != scene.notes["old"]


def the_account_takes_what_was_told_over_the_socket(scene: Scene) -> None:
    known = dict(mysql("SELECT User, Password FROM mysql.user"))
    assert known[scene.notes["name"]] != password_hash(scene.notes["old"])


def the_new_one_logs_in_and_the_old_one_does_not(scene: Scene) -> None:
    name = scene.notes["name"]
    assert logged_in(name, password_of(scene, name)) == ((1,),)
    try:
        logged_in(name, scene.notes["old"])
    except MySQLdb.OperationalError as error:
        assert error.args[0] == 1045
    else:
        raise AssertionError("the old password still opens it")


def the_new_one_is_sealed(scene: Scene) -> None:
    (sealed,) = rows("SELECT sealed_password FROM databases_database")[0]
    assert sealed.startswith("gAAAA")
    assert scene.host.vault.open(sealed) != scene.notes["old"]


def the_record_has_it_alone(scene: Scene) -> None:
    sealed, pending = rows("SELECT sealed_password, sealed_pending FROM databases_database")[0]
    assert pending == ""
    assert scene.host.vault.open(sealed) != scene.notes["old"]


def the_configuration_has_it_and_nothing_else_changed(scene: Scene) -> None:
    text = (settings.PLACES.site("lines") / "private" / ".env").read_text()
    new = password_of(scene, scene.notes["name"])
    assert f"DB_PASSWORD={new}\n" in text
    assert scene.notes["old"] not in text
    assert "APP_NAME=Lines\n" in text
    assert scene.front.get("lines.localhost", "/").status == 200


ROTATION = Section(
    "Database Lifecycle / 2. Database Password Rotation",
    site={"database": True},
    before=know_the_old,
    act=rotate,
    facts={
        1: the_password_is_another,
        2: the_account_takes_what_was_told_over_the_socket,
        3: the_new_one_logs_in_and_the_old_one_does_not,
        4: the_new_one_is_sealed,
        5: the_record_has_it_alone,
        6: the_configuration_has_it_and_nothing_else_changed,
    },
    carriers={
        1: (SealNewPassword, "do", nothing),
        2: (MySQL, "connected", nothing),
        3: (LetBothPasswordsIn, "do", nothing),
        4: ("apps.host.vault.Vault", "seal", lambda self, text: text),
        5: (StoreNewPassword, "do", nothing),
        6: (WriteNewPassword, "do", nothing),
    },
)


# 3. Database Deletion


def delete(scene: Scene) -> None:
    """Aside first, then for good."""
    database = scene.site.databases.get()
    scene.notes["name"] = database.name
    scene.do(f"databases/{database.pk}/delete/", force=True, confirm=database.name)
    scene.notes["kept"] = Kept.objects.filter(place=database.name).count()
    scene.do(f"databases/{database.pk}/purge/", confirm=database.name)


def mysql_was_told_by_the_socket(scene: Scene) -> None:
    assert scene.notes["kept"] == 1
    the_database_is_gone(scene)


def the_database_is_gone(scene: Scene) -> None:
    name = scene.notes["name"]
    left = (name,) in mysql("SHOW DATABASES")
    mysql(f"DROP DATABASE IF EXISTS {name}")  # where nothing carries the line, the next test shall not meet it
    assert not left


def its_account_and_grants_are_gone(scene: Scene) -> None:
    name = scene.notes["name"]
    left = [user for user, *_ in (*mysql("SELECT User FROM mysql.user"), *mysql("SELECT User FROM mysql.db"))]
    mysql(f"DROP USER IF EXISTS {name}@localhost")
    assert name not in left


def its_record_is_gone(scene: Scene) -> None:
    assert rows("SELECT name FROM databases_database") == []
    assert rows("SELECT place FROM servers_kept") == []


DELETION = Section(
    "Database Lifecycle / 3. Database Deletion",
    site={"database": True},
    act=delete,
    facts={
        1: mysql_was_told_by_the_socket,
        2: the_database_is_gone,
        3: its_account_and_grants_are_gone,
        4: its_record_is_gone,
    },
    carriers={
        1: (MySQL, "connected", nothing),
        2: ("apps.host.mysql", "drop_database", nothing),
        3: ("apps.host.mysql", "drop_account", nothing),
        4: (ForgetDatabase, "do", nothing),
    },
)
SECTIONS = (CREATION, ROTATION, DELETION)
