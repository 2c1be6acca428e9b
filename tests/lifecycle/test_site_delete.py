"""A site deleted, taken back and purged: what is kept, what is free meanwhile, and that it works as before."""

from __future__ import annotations

import os
import pwd
import ssl
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import MySQLdb
import pytest
from django.conf import settings
from django.utils.timezone import now

from apps.databases.models import Database
from apps.domains.chores import keep_pairs
from apps.domains.models import Domain, Pair
from apps.host.caddy_tls import served_certificate
from apps.host.errors import Unavailable
from apps.host.host import Host
from apps.host.processes import living_of
from apps.lifecycle.domain import update_domain
from apps.lifecycle.purging import purge_what_is_over
from apps.lifecycle.site import create_site
from apps.lifecycle.site_activation import start_site, stop_site
from apps.lifecycle.site_deletion import delete_site, undelete_site
from apps.lifecycle.site_maintenance import maintain_site
from apps.lifecycle.site_purge import REMAINS, purge_site
from apps.lifecycle.site_suspension import suspend_site, unsuspend_site
from apps.operations.asking import Ask
from apps.operations.entry import Entry
from apps.operations.models import Hold, Operation
from apps.operations.refusals import Busy, Forbidden, Taken, WrongState
from apps.operations.steering import cancel
from apps.servers.models import ForeignPort, Kept
from apps.sites.models import Site
from tests.lifecycle.driving import ask, drive, tried
from tests.make import a_user
from tests.operations.inventory import Inventory, inventory
from tests.parts.front import RunningFront
from tests.parts.pairs import a_pair

pytestmark = [
    pytest.mark.host,
    pytest.mark.backend,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("unsent"),
]
ME = Ask(user=None, door="test")
HOST = "fault.localhost"
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="a site has a user of its own where the panel is root's")


@pytest.fixture
def nothing_left(machine: Host) -> Iterator[Inventory]:
    """Whatever sites a test leaves are deleted and purged; then the machine is as it was."""
    found = inventory(machine)
    yield found
    for site in Site.objects.all():
        if site.status != Site.Status.DELETED:
            did(delete_site, site, machine)
        did(purge_site, site, machine)
    assert inventory(machine) == found
    assert not Kept.objects.exists()


@pytest.fixture
def site(machine: Host, nothing_left: Inventory) -> Site:
    return made(machine)


def made(host: Host, name: str = "Fault", **words: Any) -> Site:
    operation = drive(ask(name, **words), host)
    assert operation.status == "done", operation.error
    return Site.objects.get(pk=operation.subject_id)


def again(site: Site) -> Site:
    return Site.objects.select_related("server").get(pk=site.pk)


def did(act: Entry[...], site: Site, host: Host, **words: Any) -> Operation:
    operation = drive(act(ME, again(site), **words), host)
    assert operation.status == "done", operation.error
    return operation


def opens(host: Host, site: Site) -> bool:
    database = Database.objects.get(site=site)
    password = host.vault.open(database.sealed_password)
    try:
        MySQLdb.connect(
            unix_socket=str(host.places.mysql_socket), user=database.name, passwd=password, database=database.name
        ).close()  # type: ignore[no-untyped-call]
    except MySQLdb.Error:
        return False
    return True


def test_what_is_deleted_is_kept_and_nothing_of_it_runs(machine: Host, parts: RunningFront, site: Site) -> None:
    port, operation = site.port, did(delete_site, site, machine)
    site, kept = again(site), Kept.objects.get(kind="site")
    assert (site.status, site.port, site.hosts) == ("deleted", None, [])
    assert (kept.subject_id, kept.operation_id, kept.label) == (site.pk, operation.pk, f"Fault ({HOST})")
    assert kept.bytes > 0
    assert timedelta(days=settings.UNDO_DAYS - 1) < kept.until - now() <= timedelta(days=settings.UNDO_DAYS)
    assert (machine.places.kept_site("fault") / "public").is_dir()
    assert not machine.files.site_exists("fault")
    assert not machine.files.runtime_exists(site.pk)
    assert machine.supervisor.port_holder(port or 0) is None
    assert not opens(machine, site)
    assert parts.get_plain(HOST).status == 404
    assert not Hold.objects.exists()


def test_taken_back_it_works_as_before(machine: Host, parts: RunningFront, site: Site) -> None:
    was, words = inventory(machine), {"port": site.port, "hosts": site.hosts}
    did(delete_site, site, machine)
    did(undelete_site, site, machine)
    site = again(site)
    assert (site.status, {"port": site.port, "hosts": site.hosts}) == ("active", words)
    assert "PHP works" in parts.get(HOST).body
    assert opens(machine, site)
    assert inventory(machine) == was
    assert not Kept.objects.exists()


@pytest.mark.parametrize(
    ("first", "state", "shows"),
    [
        (stop_site, "inactive", "switched off"),
        (suspend_site, "suspended", "suspended"),
        (maintain_site, "maintenance", "back soon"),
    ],
)
def test_it_comes_back_in_the_state_that_it_was_in(
    machine: Host, parts: RunningFront, site: Site, first: Entry[...], state: str, shows: str
) -> None:
    did(first, site, machine)
    did(delete_site, site, machine)
    did(undelete_site, site, machine)
    assert again(site).status == state
    assert shows in parts.get(HOST).body
    did(unsuspend_site if state == "suspended" else start_site, site, machine)
    assert (again(site).status, parts.get(HOST).status) == ("active", 200)


def test_its_port_and_its_name_are_free_and_its_slug_is_not(machine: Host, parts: RunningFront, site: Site) -> None:
    did(delete_site, site, machine)
    operation = drive(create_site(ME, "Fault", "custom", HOST), machine)
    other = Site.objects.get(pk=operation.subject_id)
    assert (other.slug, other.port, operation.status) == ("fault-2", site.port, "done")
    with pytest.raises(Taken, match=f"{HOST} belongs to fault-2 meanwhile. Remove it there first, or let"):
        undelete_site(ME, again(site))
    with pytest.raises(Taken, match="No other name of the site is left"):
        undelete_site(ME, again(site), without_taken=True)
    assert (again(site).port, Domain.every.get(site=site).kept) == (None, True)


def test_it_comes_back_on_another_port_and_without_a_name_that_is_taken(
    machine: Host, parts: RunningFront, site: Site
) -> None:
    Domain.objects.create(site=site, host="second.localhost", redirects=True)
    did(delete_site, site, machine)
    other = made(machine)
    did(undelete_site, site, machine, without_taken=True)
    assert again(site).port not in (None, again(other).port)
    assert again(site).hosts == ["second.localhost"]
    assert Domain.every.filter(site=site).count() == 1
    assert (parts.get("second.localhost").status, parts.get(HOST).status) == (200, 200)


def test_a_stranger_on_its_port_is_gone_round(machine: Host, parts: RunningFront, site: Site) -> None:
    """Between the request and the start, somebody else was quicker."""
    did(delete_site, site, machine)
    operation = undelete_site(ME, again(site))
    with subprocess.Popen(["/usr/bin/python3", "-c", LISTEN.format(again(site).port)]) as stranger:
        while machine.supervisor.port_holder(again(site).port or 0) is None:
            time.sleep(0.01)
        assert drive(operation, machine).status == "done"
        stranger.kill()
    assert parts.get(HOST).status == 200
    ForeignPort.objects.all().delete()


LISTEN = "import socket, time; s = socket.create_server(('127.0.0.1', {})); time.sleep(60)"


def test_an_undeletion_that_is_taken_back_leaves_its_names_free(machine: Host, site: Site) -> None:
    did(delete_site, site, machine)
    was = inventory(machine)
    operation = undelete_site(ME, again(site))
    while not operation.lines.filter(key="worker-back", status="done").exists():
        tried(operation, machine)
    cancel(ME, operation)
    assert drive(operation, machine).status == "undone"
    assert (again(site).status, again(site).port, Domain.every.get(site=site).kept) == ("deleted", None, True)
    assert inventory(machine) == was
    did(undelete_site, site, machine)


def test_who_may_delete_is_the_owner_and_whoever_has_the_right(machine: Host, site: Site) -> None:
    owner, eve = a_user("olga"), a_user("eve", may=["sites.view_site", "sites.change_site"])
    Site.objects.filter(pk=site.pk).update(owner=owner)
    assert delete_site.plan(Ask(user=owner, door="test"), again(site)).flow == "site.delete"
    for act in (delete_site, undelete_site, purge_site):
        with pytest.raises(Forbidden, match="site:delete"):
            act(Ask(user=eve, door="test"), again(site))
        with pytest.raises(Forbidden):
            act(Ask(user=owner, door="api", scopes=frozenset({"site:operate"})), again(site))


def test_what_stands_in_the_trash_already_is_not_overwritten(machine: Host, site: Site) -> None:
    stray = machine.places.kept_logs("fault")
    stray.mkdir(parents=True)
    operation = drive(delete_site(ME, again(site)), machine)
    assert (operation.status, again(site).status) == ("undone", "active")
    assert "is in the trash already" in operation.error
    stray.rmdir()


def test_a_second_undeletion_that_is_cancelled_takes_nothing_from_the_first(machine: Host, site: Site) -> None:
    did(delete_site, site, machine)
    first = undelete_site(ME, again(site))
    second = undelete_site(Ask(user=None, door="test", or_wait=True), again(site))
    cancel(ME, second)
    assert drive(second, machine).status == "undone"
    assert drive(first, machine).status == "done"
    assert (again(site).status, again(site).hosts) == ("active", [HOST])


def test_each_of_the_three_wants_its_state(machine: Host, site: Site) -> None:
    for act in (undelete_site, purge_site):
        with pytest.raises(WrongState, match="is active; only a site that is"):
            act(ME, again(site))
    did(delete_site, site, machine)
    for act in (delete_site, start_site, maintain_site):
        with pytest.raises(WrongState, match="is deleted; only a site that is"):
            act(ME, again(site))


def test_47_what_is_at_work_on_a_backup_of_it_holds_a_deletion_up(machine: Host, site: Site) -> None:
    backup = Operation.objects.filter(subject_id=site.pk).latest("pk")
    Hold.objects.create(resource=f"site:{site.pk}/backup", operation=backup)
    with pytest.raises(Busy):
        delete_site(ME, again(site))
    Hold.objects.all().delete()


@AS_ROOT
def test_25_no_process_of_the_sites_user_outlives_the_site(machine: Host, site: Site) -> None:
    """One that has left the worker's session, holds nothing of it and does not listen to a polite word."""
    owner = machine.users.identity(machine.places.site_user(site.pk))
    escape = "import os, signal, time\nos.setsid()\nsignal.signal(15, signal.SIG_IGN)\nif os.fork(): os._exit(0)\n"
    groups: list[int] = []
    subprocess.run(
        ["/usr/bin/python3", "-I", "-S", "-c", f"{escape}time.sleep(600)"],
        user=owner.uid,
        group=owner.gid,
        extra_groups=groups,
        cwd="/",
        check=True,
    )
    assert len(living_of(owner.uid)) > 1
    did(delete_site, site, machine)
    assert living_of(owner.uid) == []


def test_its_own_certificate_is_kept_with_it_and_goes_with_its_purge(
    machine: Host, parts: RunningFront, site: Site
) -> None:
    chain, key = a_pair(HOST)
    asked = update_domain(ME, site.domains.get(), certificate=chain, private_key=key)
    assert drive(asked, machine).status == "done"
    pair = Pair.objects.get(site=site)
    file, own = machine.places.pair(pair.pk), ssl.PEM_cert_to_DER_cert(chain.partition("\n-----BEGIN")[0])
    assert served_certificate(HOST, settings.HTTPS_PORT) == own
    did(delete_site, site, machine)
    keep_pairs(site.server, machine)
    assert key in file.read_text(), "it may be taken back"
    did(undelete_site, site, machine)
    assert served_certificate(HOST, settings.HTTPS_PORT) == own
    did(delete_site, site, machine)
    did(purge_site, site, machine)
    assert not file.exists()
    assert not Pair.objects.exists()


def test_a_purge_that_died_among_its_certificates_removes_the_rest(machine: Host, site: Site) -> None:
    for host in ("a.localhost", "b.localhost"):
        Pair.objects.create(site=site, chain=host, sealed_key="", fingerprint="", not_after=now())
    rest = machine.places.pair(Pair.objects.order_by("-pk")[0].pk)
    rest.write_text("a pair; the other one's file is gone")
    did(delete_site, site, machine)
    did(purge_site, site, machine)
    assert not rest.exists()
    assert not Pair.objects.exists()


@AS_ROOT
def test_46_a_purge_follows_no_link_of_the_sites(machine: Host, site: Site, tmp_path: Any) -> None:
    public, owner = machine.places.public("fault"), machine.users.identity(machine.places.site_user(site.pk))
    (tmp_path / "others").write_text("not the site's")
    for number, target in enumerate((tmp_path, "/", machine.places.site("fault"), "/proc/self/root")):
        link = public / f"link{number}"
        link.symlink_to(target)
        os.lchown(link, owner.uid, owner.gid)
    did(delete_site, site, machine)
    did(purge_site, site, machine)
    assert (tmp_path / "others").read_text() == "not the site's"
    assert not machine.files.is_kept("fault")


@AS_ROOT
def test_46_a_file_that_resists_is_named_and_tried_again_until_it_goes(machine: Host, site: Site) -> None:
    did(delete_site, site, machine)
    kept = machine.places.kept_site("fault")
    (kept / "public" / "stays").write_text("")
    if subprocess.run(["chattr", "+i", kept / "public" / "stays"], check=False, capture_output=True).returncode:
        pytest.skip("this disk has no immutable files")
    operation = purge_site(ME, again(site))
    try:
        while not operation.reason:
            tried(operation, machine)
        assert "public/stays cannot be removed: Operation not permitted" in operation.reason
        assert again(site).status == "deleting"
    finally:
        subprocess.run(["chattr", "-i", kept.with_name(".fault.gone") / "public" / "stays"], check=True)
    assert drive(operation, machine).status == "done"


def test_48_a_purge_goes_on_for_as_long_as_a_part_of_the_machine_is_away(
    machine: Host, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    did(delete_site, site, machine)
    monkeypatch.setattr("apps.operations.patience.has_run_out", lambda operation: True)
    down = {"left": 3}

    def drop(name: str) -> None:
        if down["left"]:
            down["left"] -= 1
            raise Unavailable("The database server does not answer.")
        type(machine.mysql).drop(machine.mysql, name)

    monkeypatch.setattr(machine.mysql, "drop", drop)
    operation = drive(purge_site(ME, again(site)), machine)
    assert (operation.status, down["left"]) == ("done", 0)
    assert not Site.objects.filter(pk=site.pk).exists()


def test_what_has_been_kept_long_enough_is_purged_by_itself(machine: Host, site: Site) -> None:
    user = machine.places.site_user(site.pk)
    did(delete_site, site, machine)
    server = again(site).server
    purge_what_is_over(server, machine)
    assert not Operation.objects.filter(flow="site.purge").exists()
    Kept.objects.update(until=now())
    purge_what_is_over(server, machine)
    operation = Operation.objects.get(flow="site.purge")
    purge_what_is_over(server, machine)  # it is at it: nothing more is asked for
    assert (operation.asker, drive(operation, machine).status) == ("the panel", "done")
    assert Operation.objects.filter(flow="site.purge").count() == 1
    assert user not in {account.pw_name for account in pwd.getpwall()} or os.geteuid() != 0
    assert drive(create_site(ME, "Fault", "custom", HOST), machine).status == "done"
    assert Site.objects.get().slug == "fault"


def test_whatever_would_stand_in_the_way_of_a_sites_row_is_named() -> None:
    """A model that refers to a site, and does not go with it by itself, belongs into the purge's list."""
    kept = {
        relation.related_model
        for relation in Site._meta.related_objects
        if getattr(relation.on_delete, "__name__", "") == "PROTECT"
    }
    assert kept == set(REMAINS)
