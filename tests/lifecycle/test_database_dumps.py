"""A site's database as a file and back, through the doors. A number in a name is a row of "Attacks to test"."""

from __future__ import annotations

import gzip
import json
import os
import pwd
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import load_command_class
from django.utils.timezone import now
from rest_framework.test import APIClient

from apps.audit.models import AuditRow
from apps.databases import chores
from apps.databases.models import Database, Export
from apps.databases.steps import room
from apps.domains.models import Domain
from apps.host.errors import Refused
from apps.host.host import Host
from apps.host.schemas import Size
from apps.lifecycle.database_dumps import export_database, import_database
from apps.operations.asking import Ask
from apps.operations.management.base import NounCommand
from apps.operations.models import Hold, Operation, Question
from apps.operations.questions import reply
from apps.operations.refusals import Invalid
from apps.sites.models import Site
from tests.lifecycle.driving import drive
from tests.make import a_client, a_site, a_user
from tests.operations.inventory import inventory
from tests.parts import dumping
from tests.parts.disks import small_disk

pytestmark = [
    pytest.mark.host,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("unsent", "answered"),
]
ME = Ask(user=None, door="test")
NEW = b"CREATE TABLE parents (name VARCHAR(9));\nINSERT INTO parents VALUES ('new');\n"


@pytest.fixture
def answered(machine: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """A runner that answers."""
    monkeypatch.setattr("apps.operations.sending.ask", lambda question: reply(question, machine))


class Shop:
    """A site with a database that has one of everything in it."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.site = a_site(None, "Shop", "shop.localhost", slug="shop")
        self.owner = host.users.create(host.places.site_user(self.site.pk))
        host.files.make_site("shop", self.owner)
        sealed = host.vault.seal("a password nobody may see")
        name = f"{host.places.database_prefix()}shop_abc123"
        self.database = Database.objects.create(site=self.site, name=name, sealed_password=sealed)
        host.mysql.create(name, self.password)
        self.socket = host.places.mysql_socket
        self.run(dumping.EVERYTHING)

    def close(self) -> None:
        self.host.mysql.drop(self.database.name)
        self.host.files.remove_site("shop", self.owner)
        self.host.users.remove(self.owner.name)
        for model in (Export, Database, Domain, Site):
            model._default_manager.all().delete()

    def run(self, sql: str) -> None:
        dumping.run(self.socket, self.database.name, sql, self.database.name, self.password)

    @property
    def password(self) -> str:
        return self.host.vault.open(Database.objects.get(pk=self.database.pk).sealed_password)

    @property
    def content(self) -> dict[str, Any]:
        return dumping.content(self.socket, self.database.name)

    @property
    def exports(self) -> Path:
        return self.host.places.site(self.site.slug) / "private" / "exports"

    def put(self, name: str, content: bytes) -> None:
        path = self.host.places.site(self.site.slug) / "private" / name
        path.write_bytes(content)
        os.chown(path, self.owner.uid, self.owner.gid)

    def export(self) -> Export:
        operation = drive(export_database(ME, self.database), self.host)
        assert operation.status == "done", operation.error
        return Export.objects.get(pk=operation.params["export_id"])

    def load(self, content: bytes, **words: Any) -> Operation:
        self.put("dump.sql", content)
        return drive(import_database(ME, self.database, path="dump.sql", **words), self.host)


@pytest.fixture
def shop(machine: Host) -> Iterator[Shop]:
    was, shop = inventory(machine), Shop(machine)
    yield shop
    shop.close()
    Hold.objects.all().delete()
    assert inventory(machine) == was


@pytest.fixture
def ana() -> APIClient:
    return a_client(User.objects.create_superuser("ana"))


def address(shop: Shop, what: str = "") -> str:
    return f"/api/v1/databases/{shop.database.pk}/{what}"


def test_an_export_is_the_sites_own_file_and_brings_everything_back(shop: Shop) -> None:
    was, export = shop.content, shop.export()
    file = shop.exports / export.file
    assert pwd.getpwuid(file.stat().st_uid).pw_name == shop.host.places.site_user(shop.site.pk)
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert export.bytes == file.stat().st_size
    assert export.loose == 3
    assert shop.password not in gzip.decompress(file.read_bytes()).decode(errors="replace")
    shop.run("DELETE FROM parents;\nDROP TABLE bytes;\nDROP VIEW of_names;\nCREATE TABLE later (a INT)")
    operation = drive(import_database(ME, shop.database, path=f"exports/{export.file}"), shop.host)
    assert operation.status == "done", operation.error
    assert shop.content == was


def test_what_an_import_replaced_is_an_export_that_takes_it_back(shop: Shop) -> None:
    was = shop.content
    assert shop.load(NEW).status == "done"
    assert set(dict(shop.content)) >= {"parents"}
    assert shop.content["parents"][3] == [("new",)]
    assert "children" not in shop.content
    kept = Export.objects.get()
    assert kept.reason == "before an import"
    back = import_database(ME, shop.database, path=f"exports/{kept.file}", keep=False)
    assert drive(back, shop.host).status == "done"
    assert shop.content == was
    assert Export.objects.count() == 1


def test_the_size_is_known_after_an_import_and_measured_by_the_chore(shop: Shop) -> None:
    shop.load(NEW)
    shop.database.refresh_from_db()
    assert shop.database.tables == 1
    shop.run("CREATE TABLE more (a INT)")
    Database.objects.update(measured_at=now() - timedelta(hours=2))
    chores.measure(shop.site.server, shop.host)
    shop.database.refresh_from_db()
    assert shop.database.tables == 2
    assert (shop.database.bytes or 0) > 0


HOSTILE = {
    "its own database by name": "USE {live};\nDROP TABLE parents;\n",
    "a live table": "DROP TABLE {live}.parents;\n",
    "its password": "SET PASSWORD = PASSWORD('taken');\nSELECT * FROM nowhere;\n",
    "a shell": "\\! touch {spot}\n",
    "a file": "SELECT 1 INTO OUTFILE '{spot}';\n",
    "rights": "GRANT ALL ON *.* TO CURRENT_USER();\n",
    "half of a dump": "INSERT INTO parents VALUES ('two');\nINSERT INTO nowhere VALUES (1);\n",
    "no table": "DROP TABLE parents;\n",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_41_a_hostile_dump_changes_nothing_that_is_live(shop: Shop, tmp_path: Path, what: str) -> None:
    was, spot = shop.content, tmp_path / "spot"
    tmp_path.chmod(0o777)
    sql = HOSTILE[what].format(live=shop.database.name, spot=spot)
    operation = shop.load(NEW + sql.encode())
    assert operation.status == "undone"
    assert operation.error.startswith("The dump ")
    assert operation.error.endswith((".", "?"))
    assert shop.content == was
    assert not spot.exists()
    assert not Export.objects.exists()
    assert list(shop.exports.iterdir()) == []


def test_41_code_in_a_dump_belongs_to_the_site(shop: Shop) -> None:
    sql = b"CREATE DEFINER=`root`@`localhost` PROCEDURE p() DROP DATABASE mysql;\n"
    sql += b"CREATE DEFINER=`root`@`localhost` TRIGGER t BEFORE INSERT ON parents FOR EACH ROW SET NEW.name = 'x';\n"
    assert shop.load(NEW + sql).status == "done"
    for kind in ("routines", "triggers"):
        assert [code[-1] for code in shop.content[f"its {kind}"]] == ["DB@localhost"]


@pytest.mark.parametrize("path", ["../public/x", "/etc/passwd", "", "a/../../b", "x" * 600, "nul\0"])
def test_a_path_leads_into_the_private_folder_or_nowhere(shop: Shop, path: str) -> None:
    with pytest.raises(Invalid):
        import_database(ME, shop.database, path=path)


def test_36_a_link_is_no_dump(shop: Shop) -> None:
    private = shop.host.places.site(shop.site.slug) / "private"
    (private / "dump.sql").symlink_to("/etc/shadow")
    (private / "down").symlink_to("/etc")
    os.mkfifo(private / "pipe")
    link = "is a link"
    for path, told in (("dump.sql", link), ("down/passwd", link), ("pipe", link), ("no", "No such")):
        operation = drive(import_database(ME, shop.database, path=path), shop.host)
        assert operation.status == "undone"
        assert told in operation.error


def test_36_an_export_goes_through_no_link(shop: Shop, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    shop.exports.symlink_to(tmp_path)
    operation = drive(export_database(ME, shop.database), shop.host)
    assert operation.status == "undone"
    assert "is a link" in operation.error
    assert list(tmp_path.iterdir()) == []
    shop.exports.unlink()


def test_a_dump_of_another_kind_is_named(shop: Shop) -> None:
    operation = shop.load(b"PK\x03\x04 and so on")
    assert operation.error == "This dump is packed by zip; send it as .sql or .sql.gz."


def test_a_bomb_ends_before_the_disk_is_full(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    was = shop.content
    monkeypatch.setattr(room, "LOOK_EVERY", 1 << 20)
    rooms = iter([1 << 30, 1 << 30, 300 << 20])
    monkeypatch.setattr(type(shop.host.schemas), "free", lambda self: next(rooms, 1))
    operation = shop.load(gzip.compress(NEW + b"-- " + b"x" * (64 << 20)))
    assert operation.status == "undone"
    assert operation.error.startswith("The database server's disk is too full:")
    monkeypatch.undo()
    assert shop.content == was


def test_an_export_for_which_there_is_no_room_is_refused_with_the_bytes(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.exports.mkdir()
    os.chown(shop.exports, shop.owner.uid, shop.owner.gid)
    with small_disk(shop.exports, 64 << 10):
        os.chown(shop.exports, shop.owner.uid, shop.owner.gid)
        operation = drive(export_database(ME, shop.database), shop.host)
        assert operation.status == "undone"
        assert "bytes are needed" in operation.error
        assert list(shop.exports.iterdir()) == []
        monkeypatch.setattr(type(shop.host.schemas), "size", lambda self, name: Size(0, 0, 1, 0))
        for number in range(4, 8):
            shop.run(f"INSERT INTO bytes VALUES ({number}, 0x{os.urandom(60_000).hex()}, '')")  # noqa: S608
        operation = drive(export_database(ME, shop.database), shop.host)
        assert operation.status == "undone"
        assert "became full" in operation.error, operation.error
        assert list(shop.exports.iterdir()) == []


def test_a_cancel_in_the_middle_leaves_the_database_as_it_was(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    was = shop.content
    monkeypatch.setattr("apps.operations.run.PROGRESS_EVERY", 0)
    shop.put("dump.sql", NEW + b"SELECT SLEEP(30);\n" * 9)
    operation = import_database(ME, shop.database, path="dump.sql", keep=False)
    load = type(shop.host.dumps).load

    def cancelled(self: Any, login: Any, sql: Any, waiting: Any) -> None:
        Operation.objects.filter(pk=operation.pk).update(cancel_asked=True)
        load(self, login, sql, waiting)

    monkeypatch.setattr(type(shop.host.dumps), "load", cancelled)
    drive(operation, shop.host)
    assert (operation.status, operation.error) == ("undone", "Cancelled.")
    assert shop.content == was


# by way of the API


def test_a_dump_is_sent_and_an_export_fetched(shop: Shop, ana: APIClient) -> None:
    sent = ana.post(address(shop, "upload/"), gzip.compress(NEW), content_type="application/gzip")
    assert sent.status_code == 202, sent.content
    operation = drive(Operation.objects.get(pk=sent.json()["operation"]["id"]), shop.host)
    assert operation.status == "done", operation.error
    assert shop.content["parents"][3] == [("new",)]
    assert list(shop.host.places.spool.iterdir()) == []
    told = ana.get(address(shop)).json()
    assert told["tables"] == 1
    export = told["exports"][0]
    fetched = ana.get(address(shop, f"exports/{export['id']}/"))
    content = b"".join(fetched.streaming_content)  # type: ignore[attr-defined]
    assert content == (shop.exports / export["file"]).read_bytes()
    assert fetched["Content-Disposition"] == f'attachment; filename="{export["file"]}"'
    assert AuditRow.objects.filter(action="database.download", outcome="accepted").count() == 1
    assert not Question.objects.exists()


def test_a_long_export_comes_in_pieces(shop: Shop, ana: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.databases.downloads.PIECE", 700)
    export = shop.export()
    fetched = ana.get(address(shop, f"exports/{export.pk}/"))
    content = b"".join(fetched.streaming_content)  # type: ignore[attr-defined]
    assert content == (shop.exports / export.file).read_bytes()


def test_54_an_export_is_nobody_elses(shop: Shop, ana: APIClient) -> None:
    export = shop.export()
    eve = a_client(a_user("eve"))
    assert eve.get(address(shop, f"exports/{export.pk}/")).status_code == 404
    assert eve.post(address(shop, "upload/"), NEW, content_type="application/sql").status_code == 404
    other = Database.objects.create(site=shop.site, name="fp_other_abc123")
    assert ana.get(f"/api/v1/databases/{other.pk}/exports/{export.pk}/").status_code == 404
    reader = a_client(User.objects.get(username="ana"), "database:read")
    assert reader.get(address(shop, f"exports/{export.pk}/")).status_code == 403
    assert reader.post(address(shop, "upload/"), NEW, content_type="application/sql").status_code == 403
    other.delete()
    assert list(shop.host.places.spool.iterdir()) == []


def test_an_export_that_the_site_has_removed_or_replaced_is_told_so(shop: Shop, ana: APIClient) -> None:
    export = shop.export()
    (shop.exports / export.file).unlink()
    gone = ana.get(address(shop, f"exports/{export.pk}/"))
    assert (gone.status_code, "No such file" in gone.json()["detail"]) == (409, True)
    (shop.exports / export.file).symlink_to("/etc/shadow")
    link = ana.get(address(shop, f"exports/{export.pk}/"))
    assert (link.status_code, "is a link" in link.json()["detail"]) == (409, True)


def test_more_than_may_be_sent_is_413(shop: Shop, ana: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.databases.uploads.settings.UPLOAD_MB", 1)
    for body in (b"x" * ((1 << 20) + 1),):
        answer = ana.post(address(shop, "upload/"), body, content_type="application/sql")
        assert answer.status_code == 413
        assert answer.json()["detail"].startswith("A file that is sent may have 1 MB;")
    assert ana.post(address(shop, "upload/"), b"", content_type="application/sql").status_code == 400
    assert list(shop.host.places.spool.iterdir()) == []
    assert not Operation.objects.filter(flow="database.import").exists()


def test_an_upload_that_is_refused_leaves_nothing(shop: Shop, ana: APIClient) -> None:
    first = export_database(ME, shop.database)
    busy = ana.post(address(shop, "upload/"), NEW, content_type="application/sql")
    assert (busy.status_code, busy.json()["operation"]) == (409, first.pk)
    assert list(shop.host.places.spool.iterdir()) == []
    drive(first, shop.host)


# by way of the command line


def command(*words: str) -> int:
    found = load_command_class("apps.databases", "database")
    assert isinstance(found, NounCommand)
    return found.main("database", list(words))


@pytest.fixture
def driven(machine: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for an operation is its runner meanwhile."""
    for module in ("apps.databases.management.commands.database", "apps.operations.doors.command"):
        monkeypatch.setattr(f"{module}.follow", lambda operation: drive(operation, machine))


@pytest.mark.usefixtures("driven")
def test_the_command_line_writes_and_reads_files(
    shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    was, file = shop.content, tmp_path / "shop.sql.gz"
    assert command("export", shop.database.name, "--to", str(file)) == 0
    assert b"Dump completed" in gzip.decompress(file.read_bytes())
    shop.run("DELETE FROM parents")
    assert command("import", shop.database.name, str(file), "--wait") == 0
    assert shop.content == was
    assert list(shop.host.places.spool.iterdir()) == []
    assert command("export", shop.database.name, "--to", str(file)) == 2
    assert "name a new file" in capsys.readouterr().err


@pytest.mark.usefixtures("driven")
def test_the_command_line_says_what_is_wrong(shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = shop.database.name
    for words, told in (
        (("import", name), "Say which dump"),
        (("import", name, "x", "--path", "y"), "Say which dump"),
        (("import", name, str(tmp_path / "no")), "cannot be read: No such file"),
        (("import", name, str(tmp_path)), "cannot be read"),
        (("import", name, "--path", "../x"), "must lead to a file in the site's private folder"),
        (("export", name, "--to", "/nowhere/x"), "cannot be written"),
        (("export", name, "--to", "x", "--no-wait"), "leave --no-wait out"),
    ):
        assert command(*words) == 2, words
        assert told in capsys.readouterr().err
    assert command("export", "nowhere", "--to", "-") == 3


# what goes by itself


def test_exports_go_when_their_time_has_passed_and_when_there_are_newer_ones(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chores, "NEWEST", 2)
    exports = [shop.export() for _ in range(4)]
    Export.objects.filter(pk=exports[3].pk).update(until=now() - timedelta(seconds=1))
    chores.remove_old_exports(shop.site.server, shop.host)
    kept = [exports[2].file, exports[1].file]
    assert [export.file for export in Export.objects.all()] == kept
    assert sorted(entry.name for entry in shop.exports.iterdir()) == sorted(kept)
    (shop.exports / kept[0]).unlink()
    Export.objects.update(until=now() - timedelta(seconds=1))
    chores.remove_old_exports(shop.site.server, shop.host)
    assert list(shop.exports.iterdir()) == []


def test_uploads_that_nobody_wants_go(shop: Shop) -> None:
    spool = shop.host.spool
    wanted, other, new = (spool.take([NEW]) for _ in range(3))
    operation = import_database(ME, shop.database, upload=wanted)
    for name in (wanted, other):
        os.utime(spool.folder / name, (1, 1))
    chores.forget_uploads(shop.site.server, shop.host)
    assert sorted(entry.name for entry in spool.folder.iterdir()) == sorted([wanted, new])
    assert drive(operation, shop.host).status == "done"
    spool.remove(new)
    with pytest.raises(Refused, match="not there any more"), spool.reading(new):
        pass
    assert json.dumps(operation.params).count(wanted) == 1
