"""A new key for what a server keeps sealed: nothing is lost wherever it breaks off, and the old key opens nothing."""

from __future__ import annotations

import json
import signal
import stat
import time
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.conf import settings
from django.core.management import load_command_class
from django.utils.timezone import now

from apps.accounts.fresh import LASTS, PROVED
from apps.databases.models import Database
from apps.domains.models import Pair
from apps.host.errors import Refused
from apps.host.host import Host
from apps.host.local import this_host
from apps.host.vault import Vault
from apps.lifecycle.key_rotation import ROTATE, rotate_key
from apps.mail.models import Relay
from apps.operations import engine, sealing
from apps.operations.asking import Ask
from apps.operations.envelope import Envelope
from apps.operations.letterbox import letterbox_of, post, take_out
from apps.operations.models import Operation, StepRun
from apps.operations.refusals import Busy
from apps.servers.models import Server
from apps.sites.models import Site
from tests.doors.staff import at_the_door, boss, staff
from tests.make import a_client, a_server, a_site, an_operation
from tests.operations.killing import Killer, Recorder, in_a_child, watching
from tests.operations.points import to_kill
from tests.operations.test_crash import drive, unsent

__all__ = ["unsent"]
pytestmark = [pytest.mark.backend, pytest.mark.django_db(transaction=True)]
ME = Ask(user=None, door="test")
SECRETS = ("the first", "the second", "the third")
LETTERS = ("of a pair", "of a relay", "on its way", "of the relay before")
FILES = ("fernet", "letterbox")


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    """This machine's drivers, with key files: nothing else of it is touched."""
    monkeypatch.setattr("apps.servers.key_steps.SETTLES", 0.0)
    folder = settings.PLACES.keys
    folder.mkdir(mode=0o700, exist_ok=True)
    before = {name: (folder / name).read_bytes() for name in FILES if (folder / name).exists()}
    for name in FILES:
        (folder / name).write_bytes(Fernet.generate_key())
    yield this_host()
    for name, key in before.items():
        (folder / name).write_bytes(key)


@pytest.fixture
def server(host: Host) -> Server:
    server = a_server()
    server.letterbox = letterbox_of(host)
    server.save()
    return server


@pytest.fixture
def sealed(host: Host, server: Server) -> None:
    """A secret in each place where some are kept, one on its way, and one of another server's."""
    seal = host.vault.seal
    site = a_site(database=True)
    Database.objects.update(sealed_password=seal(SECRETS[0]), sealed_pending=seal(SECRETS[1]))
    operation = an_operation(site, done=["application", "site-user"], status="done")
    operation.lines.filter(key="application").update(memo={"secret": seal(SECRETS[2]), "deep": [{"n": 1}], "x": "y"})
    pair, relay, waiting, before = (post(server, text) for text in LETTERS)
    Pair.objects.create(site=site, chain="", sealed_key=pair, fingerprint="", not_after=now())
    Relay.objects.create(server=server, host="h", port=1, security="tls", sender="a@b.c", sealed_password=relay)
    params = {"relay": {"sealed_password": waiting, "host": waiting}, "words": waiting}
    an_operation(site, flow="site.relay", done=["relay-write"], status="stuck", params=params)
    StepRun.objects.filter(key="relay-write").update(memo={"sealed_password": before})
    other = a_site(name="Other", database=True)
    Site.objects.filter(pk=other.pk).update(server=a_server("other"))
    other.databases.update(sealed_password=Fernet(Fernet.generate_key()).encrypt(b"theirs").decode())


def keys(name: str = "fernet") -> list[str]:
    return list((settings.PLACES.keys / name).read_text().split())


def letters() -> list[str]:
    waiting = Operation.objects.get(flow="site.relay")
    sealed = (Pair.objects.get().sealed_key, Relay.objects.get().sealed_password)
    return [*sealed, waiting.params["relay"]["sealed_password"], waiting.lines.get().memo["sealed_password"]]


def opened(host: Host) -> list[str]:
    """Every secret that there is, and one that a door seals now."""
    assert [take_out(host, one) for one in letters()] == list(LETTERS)
    assert take_out(host, post(Server.objects.get(name="local"), "a new one")) == "a new one"
    return _kept(host.vault)


def _kept(vault: Vault) -> list[str]:
    database = Database.objects.order_by("pk")[0]
    memo = StepRun.objects.get(key="application").memo
    assert {"deep": [{"n": 1}], "x": "y"}.items() <= memo.items()
    return [vault.open(text) for text in (database.sealed_password, database.sealed_pending, memo["secret"])]


def rotated(host: Host, server: Server) -> Operation:
    operation = rotate_key(ME, server)
    drive(operation.pk, host)
    operation.refresh_from_db()
    return operation


@pytest.mark.usefixtures("sealed")
def test_all_is_sealed_with_the_new_key_and_the_old_one_opens_nothing(host: Host, server: Server) -> None:
    ((old,), (box,)), theirs = (keys(), keys("letterbox")), Database.objects.order_by("-pk")[0].sealed_password
    words = Operation.objects.get(flow="site.relay").params["words"]
    operation = rotated(host, server)
    assert operation.status == "done", operation.error
    assert (len(keys()), len(keys("letterbox"))) == (1, 1)
    assert (keys() != [old], keys("letterbox") != [box]) == (True, True)
    assert opened(host) == list(SECRETS)
    assert Operation.objects.get(flow="site.relay").params["words"] == words
    assert stat.S_IMODE((settings.PLACES.keys / "fernet").stat().st_mode) == 0o600
    settings.PLACES.keys.joinpath("fernet.old").write_text(old)
    with pytest.raises(Refused, match="None of the keys"):
        Vault(settings.PLACES.keys / "fernet.old").open(Database.objects.order_by("pk")[0].sealed_password)
    settings.PLACES.keys.joinpath("fernet.old").unlink()
    assert Database.objects.order_by("-pk")[0].sealed_password == theirs
    assert old not in json.dumps(list(StepRun.objects.values("memo")))


@pytest.mark.usefixtures("sealed")
def test_killed_at_any_point_no_secret_is_lost(host: Host, server: Server) -> None:
    with watching(Recorder()) as recorder:
        rotated(host, server)
    for at, name in to_kill(ROTATE.name, "forward", enumerate(recorder.passed), sampled=True):
        operation, before = rotate_key(ME, server), keys()
        assert in_a_child(lambda: _run_into(operation, host, at)) == signal.SIGKILL  # noqa: B023 - run at once
        assert opened(host) == list(SECRETS), f"killed at {at} {name}"
        drive(operation.pk, host)
        operation.refresh_from_db()
        assert operation.status == "done", f"killed at {at} {name}: {operation.error}"
        assert opened(host) == list(SECRETS), f"killed at {at} {name}"
        assert (len(keys()), len(keys("letterbox"))) == (1, 1)
        assert keys() != before


def _run_into(operation: Operation, host: Host, at: int) -> None:
    with watching(Killer(at)):
        drive(operation.pk, host)


@pytest.mark.usefixtures("sealed")
@pytest.mark.parametrize("steps", [1, 2])
def test_taken_back_the_old_key_seals_again_and_both_open(host: Host, server: Server, steps: int) -> None:
    (old,) = keys()
    operation = rotate_key(ME, server)
    with watching(Recorder(refuse_after=steps)):
        drive(operation.pk, host)
    operation.refresh_from_db()
    assert operation.status == "undone"
    assert (keys()[0], len(keys()), len(keys("letterbox"))) == (old, 2, 2)
    assert opened(host) == list(SECRETS)
    assert rotated(host, server).status == "done"
    assert (len(keys()), opened(host)) == (1, list(SECRETS))


@pytest.mark.usefixtures("sealed")
def test_what_was_sealed_with_the_old_key_meanwhile_is_found(
    host: Host, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = host.vault.seal("late")
    operation = rotate_key(ME, server)
    with watching(_Once(2, lambda: Database.objects.filter(site__server=server).update(sealed_pending=late))):
        drive(operation.pk, host)
    assert len(keys()) == 1
    pending = Database.objects.order_by("pk")[0].sealed_pending
    assert host.vault.open(pending) == "late"


class _Once(Recorder):
    """Does something after the act of step number *at*."""

    def __init__(self, at: int, act: Any) -> None:
        super().__init__()
        self.at, self.act = at, act

    def __call__(self, name: str) -> None:
        super().__call__(name)
        if self.acts == self.at and name == "engine.after-the-act":
            self.act()


@pytest.mark.usefixtures("sealed")
def test_a_secret_that_no_key_opens_stops_it_by_name(host: Host, server: Server) -> None:
    lost = Fernet(Fernet.generate_key()).encrypt(b"x").decode()
    Database.objects.filter(site__server=server).update(sealed_password=lost)
    operation = rotated(host, server)
    assert (operation.status, operation.failed_step) == ("undone", "key-reseal")
    assert "put the old key back" in operation.error


def test_a_letter_that_a_step_has_in_hand_is_waited_for(host: Host, server: Server) -> None:
    params = {"relay": {"sealed_password": post(server, "in hand")}}
    other = an_operation(a_site(), flow="site.relay", done=["relay-write"], status="running", params=params)
    other.lines.update(status="running")
    operation, held = rotate_key(ME, server), other.params["relay"]["sealed_password"]
    _until_it_waits(operation, host)
    assert operation.reason == f"Operation {other.pk} is at work with something sealed."
    assert (len(keys("letterbox")), take_out(host, held)) == (2, "in hand")


def test_what_reads_like_a_letter_stops_nothing(host: Host, server: Server) -> None:
    server.letterbox = Envelope().address
    words = {"command": post(server, "x"), "reason": "gAAAAA"}
    an_operation(a_site(), status="done", params=words)
    assert rotated(host, server).status == "done"
    assert Operation.objects.exclude(params={}).get(params__command=words["command"]).params == words


def _until_it_waits(operation: Operation, host: Host) -> None:
    until = time.monotonic() + 10
    while not operation.reason.startswith("Operation"):
        assert time.monotonic() < until
        engine.advance(operation.pk, lambda: host)
        operation.refresh_from_db()


def test_it_waits_for_a_step_that_has_something_sealed_in_hand(host: Host, server: Server) -> None:
    other = an_operation(a_site(), done=["application"], status="running")
    other.lines.update(status="running", memo={"secret": host.vault.seal("in hand")})
    operation = rotate_key(ME, server)
    _until_it_waits(operation, host)
    assert operation.reason == f"Operation {other.pk} is at work with something sealed."
    assert len(keys()) == 2


def test_every_sealed_column_is_registered() -> None:
    known = {str(column) for column in sealing.COLUMNS}
    named = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if field.name.startswith("sealed")
    }
    assert named <= known
    assert "operations.StepRun.memo" in known


def test_two_at_once_are_refused_and_who_may_not_is_told(host: Host, server: Server) -> None:
    rotate_key(ME, server)
    with pytest.raises(Busy):
        rotate_key(ME, server)


def test_the_three_doors_ask_for_the_same(host: Host, server: Server) -> None:
    rose = boss("rose")
    gave = []
    for ask in (_through_the_admin, _through_the_api, _by_command):
        ask(rose)
        operation = Operation.objects.get()
        gave.append((operation.flow, operation.subject_kind, operation.params, operation.asked_by))
        operation.delete()
    assert gave[0] == gave[1] == gave[2]


def _through_the_admin(rose: Any) -> None:
    client = at_the_door(rose)
    server = Server.objects.get(name="local")
    address = f"/admin/servers/server/{server.pk}/key/"
    assert address in client.get(f"/admin/servers/server/{server.pk}/change/").content.decode()
    assert "Put a new key first" in client.get(address).content.decode()
    session = client.session
    session[PROVED] = int(time.time()) - LASTS - 1
    session.save()
    client.post(address)
    assert not Operation.objects.exists()
    client.post(address, {"proof-password": "rose's long password"})


def _through_the_api(rose: Any) -> None:
    client = a_client(rose, "key:rotate")
    assert client.post("/api/v1/keys/rotate/", {"server": "nowhere"}, format="json").status_code == 404
    assert a_client(rose, "site:read").post("/api/v1/keys/rotate/", {"server": "local"}).status_code == 403
    assert client.post("/api/v1/keys/rotate/?plan=1", {"server": "local"}, format="json").status_code == 200
    assert not Operation.objects.exists()
    assert client.post("/api/v1/keys/rotate/", {"server": "local"}, format="json").status_code == 202


def _by_command(rose: Any) -> None:
    command: Any = load_command_class("apps.servers", "key")
    assert command.main("key", ["rotate", "nowhere"]) == 3
    assert command.main("key", ["rotate", "--dry-run"]) == 0
    assert not Operation.objects.exists()
    assert command.main("key", ["rotate", "--no-wait", "--as", rose.username]) == 0


def test_a_customer_finds_none_of_it(server: Server) -> None:
    stan = staff()
    assert at_the_door(stan).get(f"/admin/servers/server/{server.pk}/key/").status_code == 404
    assert a_client(stan).post("/api/v1/keys/rotate/", {"server": "local"}, format="json").status_code == 404
    assert not Operation.objects.exists()
