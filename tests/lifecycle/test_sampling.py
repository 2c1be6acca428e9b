"""What the workers do is written down each minute, however many there are and whatever they answer."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import load_command_class
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from apps.databases.models import Database
from apps.host import worker_metrics
from apps.host.command import Identity
from apps.host.host import Host
from apps.host.visit import fetch
from apps.lifecycle.site_activation import restart_site, stop_site
from apps.operations.asking import Ask
from apps.operations.management.base import NounCommand
from apps.servers.models import Server
from apps.sites.models import Site, Usage
from apps.workers.models import Sample, WorkerState
from apps.workers.sampling import prune_samples, sample_workers
from tests.doors.staff import SITES, at_the_door, boss
from tests.lifecycle.driving import ask, drive
from tests.make import a_client
from tests.parts.crowd import a_crowd
from tests.parts.pages import put_page

pytestmark = [
    pytest.mark.host,
    pytest.mark.backend,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("before"),
]
ME = Ask(user=None, door="test")
PLACES = settings.PLACES
MIB = 1024 * 1024


@pytest.fixture
def site(machine: Host) -> Site:
    site = Site.objects.get(pk=drive(ask(database=False), machine).subject_id)
    put_page(site, "bad.php", "<?php http_response_code(500);")
    put_page(site, "slow.php", "<?php usleep(300000);")
    return site


def sampled(host: Host) -> int:
    WorkerState.objects.update(measured_at=now() - timedelta(minutes=1))
    return sample_workers(Server.objects.get(), host)


def hour_of(site: Site) -> Sample:
    return Sample.objects.get(site=site, span=3600)


def visit(site: Site, *paths: str) -> None:
    for path in paths:
        fetch(site.port or 0, "fault.localhost", path)


def test_a_minute_and_an_hour_are_written(machine: Host, site: Site) -> None:
    sampled(machine)
    before = hour_of(site)
    visit(site, "/", "/", "/bad.php", "/slow.php", "/missing.png")
    assert sampled(machine) == 1
    row = hour_of(site)
    assert (row.requests - before.requests, row.errors) == (5, 1)
    assert sum(row.buckets[6:]) > sum(before.buckets[6:]), "the slow one took more than a quarter of a second"
    assert row.cpu > 0
    assert 5 * MIB < row.memory < 500 * MIB
    minutes = Sample.objects.filter(site=site, span=60)
    assert sum(minute.requests for minute in minutes) == row.requests
    state = WorkerState.objects.get(site=site)
    assert (state.memory, state.word) == (row.memory, "running")
    assert abs((state.since or now()) - now()) < timedelta(minutes=1)


def test_its_files_and_databases_are_noted_as_they_were_measured_last(machine: Host, site: Site) -> None:
    sampled(machine)
    assert (hour_of(site).files, hour_of(site).databases) == (None, None)
    Usage.objects.create(site=site, bytes=12 * MIB, measured_at=now())
    for name, size in (("fp_one", 3 * MIB), ("fp_two", MIB), ("fp_unmeasured", None)):
        Database.objects.create(site=site, name=name, bytes=size)
    sampled(machine)
    assert (hour_of(site).files, hour_of(site).databases) == (12 * MIB, 4 * MIB)
    door = at_the_door(boss("rose"))
    assert "now 12.0 MB of files, 4.0 MB in databases" in door.get(f"{SITES}{site.pk}/tab/metrics/").content.decode()
    page = door.get(f"{SITES}{site.pk}/change/").content.decode().replace("\xa0", " ")
    assert "16.0 MB" in page
    assert "12.0 MB of files, 4.0 MB in databases" in page


def test_a_restart_loses_nothing_that_was_counted(machine: Host, site: Site) -> None:
    visit(site, "/", "/")
    sampled(machine)
    before = hour_of(site).requests
    assert drive(restart_site(ME, site), machine).status == "done"
    visit(site, "/bad.php")
    sampled(machine)
    assert hour_of(site).requests >= before + 1
    assert hour_of(site).errors == 1


def test_it_is_measured_once_a_minute_and_not_when_it_rests(machine: Host, site: Site) -> None:
    assert sample_workers(Server.objects.get(), machine) == 1
    assert sample_workers(Server.objects.get(), machine) == 0
    assert drive(stop_site(ME, site), machine).status == "done"
    assert sampled(machine) == 0


def test_old_samples_go(machine: Host, site: Site) -> None:
    for span, kept, old in ((60, timedelta(hours=24), timedelta(hours=26)), (3600, timedelta(30), timedelta(32))):
        for age in (kept, old):
            Sample.objects.create(site=site, span=span, at=now() - age)
    prune_samples(Server.objects.get(), machine)
    assert sorted(Sample.objects.values_list("span", flat=True)) == [60, 3600]


@contextmanager
def answering(path: Path, answer: bytes, *, endless: bool = False) -> Iterator[None]:
    """In place of a worker's socket, one of the site's own, that says whatever it likes."""
    path.unlink(missing_ok=True)
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen(64)

    def serve() -> None:
        while True:
            try:
                visitor, _ = server.accept()
            except OSError:
                return
            with visitor:
                try:
                    visitor.recv(65536)
                    visitor.sendall(answer)
                    while endless:
                        visitor.sendall(answer)
                except OSError:
                    continue

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


def owner_of(site: Site, host: Host) -> Identity:
    return host.users.identity(PLACES.site_user(site.pk))


def read(site: Site, host: Host, uid: int | None = None) -> worker_metrics.Reading | None:
    wanted = owner_of(site, host).uid if uid is None else uid
    return worker_metrics.read(PLACES.metrics_socket(site.pk), PLACES.worker_pid(site.pk), wanted)


@pytest.mark.parametrize("kind", ["link", "folder", "fifo", "nothing", "another user's"])
def test_what_is_no_socket_of_the_site_is_not_asked(machine: Host, site: Site, kind: str) -> None:
    assert read(site, machine) is not None
    path = PLACES.metrics_socket(site.pk)
    path.unlink()
    if kind == "link":
        path.symlink_to(PLACES.front_admin)
    elif kind == "folder":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "another user's":
        socket.socket(socket.AF_UNIX).bind(str(path))
    assert read(site, machine, 12345 if os.geteuid() else None) is None
    if kind == "folder":
        path.rmdir()


@pytest.mark.parametrize("endless", [False, True])
def test_an_answer_that_never_ends_is_left_after_half_a_second(machine: Host, site: Site, endless: bool) -> None:
    with answering(PLACES.metrics_socket(site.pk), b"x" * 1000 if endless else b"", endless=endless):
        begun = time.monotonic()
        found = read(site, machine, os.geteuid())
        assert time.monotonic() - begun < 30, "it never ends by itself"
    assert found is None or sum(found.buckets) == 0


def test_a_thousand_sites_are_sampled_in_turns_of_a_second(machine: Host, tmp_path: Path) -> None:
    """Each has a socket that answers as a worker does; all its processes are this one.

    On a busy machine one or the other does not answer in time: its minute is missing, and the next one is not.
    """
    text = Path(__file__).parents[1].joinpath("workers", "metrics.txt").read_bytes()
    root = Identity("root", os.geteuid(), os.getegid())
    host = replace(machine, users=type("Users", (), {"identity": lambda self, name: root})())
    with answering(tmp_path / "sock", text), a_crowd(1000) as pks:
        for pk in pks:
            PLACES.worker_socket_dir(pk).mkdir()
            os.link(tmp_path / "sock", PLACES.metrics_socket(pk))
        try:
            looks, longest, begun = 0, 0.0, time.monotonic()
            while missing := set(pks) - set(Sample.objects.filter(span=60).values_list("site", flat=True)):
                looks, at = looks + 1, time.monotonic()
                if not sample_workers(Server.objects.get(), host):
                    WorkerState.objects.filter(site__in=missing).update(measured_at=None)
                longest = max(longest, time.monotonic() - at)
            took = time.monotonic() - begun
            print(f"1,000 workers: {took:.2f} s in {looks} looks, the longest {longest:.2f} s")  # noqa: T201 - a figure
        finally:
            for pk in pks:
                PLACES.metrics_socket(pk).unlink()
                PLACES.worker_socket_dir(pk).rmdir()


def a_day(site: Site) -> None:
    """Samples of every minute of it, and of every hour of the month before."""
    buckets = [3, 2, 1, 0, 0, 1, *[0] * 6]
    sizes = {"memory": 40 * MIB, "files": 80 * MIB}
    facts = {"site": site, "requests": 7, "errors": 1, "buckets": buckets, "cpu": 900, **sizes}
    minute, hour = timedelta(minutes=1), timedelta(hours=1)
    at = now().replace(second=0, microsecond=0)
    rows = [Sample(span=60, at=at - minute * number, **facts) for number in range(1440)]
    rows += [Sample(span=3600, at=at.replace(minute=0) - hour * number, **facts) for number in range(720)]
    Sample.objects.filter(site=site).delete()
    Sample.objects.bulk_create(rows)


def test_all_three_doors_tell_the_same(machine: Host, site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    a_day(site)
    rose = boss("rose")
    answer = a_client(rose, "site:read").get(f"/api/v1/sites/{site.pk}/metrics/", {"range": "24h"})
    told: list[dict[str, Any]] = answer.json()
    assert len(told) == 96
    assert told[-2] | {"at": ""} == {
        "at": "", "requests": 105, "errors": 15, "p50_ms": 6.2, "p95_ms": 197.5, "cpu_seconds": 13.5, "memory_mb": 40.0,
        "files_mb": 80.0, "databases_mb": None,
    }  # fmt: skip
    command = load_command_class("apps.sites", "site")
    assert isinstance(command, NounCommand)
    capsys.readouterr()
    command.main("site", ["metrics", site.slug, "--range", "24h", "--format", "json"])
    assert len(json.loads(capsys.readouterr().out)) == 96
    for name in ("1h", "24h", "7d", "30d"):
        page = at_the_door(rose).get(f"/admin/sites/site/{site.pk}/tab/metrics/?range={name}").content.decode()
        assert page.count("<rect") >= 60
        assert page.count("<polyline") == 4
        assert " style=" not in page.split("fp-charts")[1].split("</main>")[0]
    assert a_client(rose).get(f"/api/v1/sites/{site.pk}/metrics/", {"range": "1y"}).status_code == 400


def test_a_page_of_metrics_takes_as_many_queries_for_a_month_as_for_nothing(machine: Host, site: Site) -> None:
    door = at_the_door(boss("rose"))
    address = f"/admin/sites/site/{site.pk}/tab/metrics/?range=30d"
    Sample.objects.all().delete()
    door.get(address)
    counts = []
    for full in (False, True):
        if full:
            a_day(site)
        with CaptureQueriesContext(connection) as queries:
            text = door.get(address).content.decode()
        counts.append(len(queries))
        assert ("Nothing was measured" in text) == (not full)
    assert counts[0] == counts[1] <= 14
