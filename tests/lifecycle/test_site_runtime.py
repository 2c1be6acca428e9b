"""A site created on each of two FrankenPHPs, moved from one to the other, and back where it does not answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings

from apps.host.host import Host
from apps.host.supervisor import find
from apps.lifecycle.runtime import switch_runtime
from apps.lifecycle.site import create_site
from apps.lifecycle.site_activation import restart_site
from apps.operations import engine
from apps.operations.asking import Ask
from apps.operations.models import Hold, Operation
from apps.operations.refusals import Busy, Invalid, WrongState
from apps.servers.models import Runtime
from apps.sites.models import Site
from apps.workers.roster import worker_of
from tests.lifecycle.driving import ask, drive
from tests.operations.inventory import inventory
from tests.parts.front import RunningFront
from tests.parts.ground import open_folder
from tests.parts.runtimes import a_runtime, second, speaking

__all__ = ["second"]
pytestmark = [
    pytest.mark.host,
    pytest.mark.backend,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("before"),
]
ME = Ask(user=None, door="test")


@pytest.fixture
def site(machine: Host) -> Site:
    return site_of(drive(ask(database=False), machine))


def site_of(operation: Operation) -> Site:
    assert operation.status == "done", operation.error
    return Site.objects.get(pk=operation.subject_id)


def program_of(site: Site, host: Host) -> Path | None:
    """What really runs as the site's worker."""
    server = find.server(worker_of(Site.objects.get(pk=site.pk), host))
    return find.binary(server) if server else None


def put(site: Site, text: str) -> None:
    """The customer's own first page. A new file: what changes in place PHP may take for the old one for a moment."""
    page = settings.PLACES.public(site.slug) / "index.php"
    page.unlink()
    page.write_text(text)
    page.chmod(0o644)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits twenty seconds for an answer, nor fifteen for an end."""
    monkeypatch.setattr("apps.host.supervisor.ready.PATIENCE", 1.5)
    monkeypatch.setattr("apps.workers.roster.GRACE", 0.5)


def test_a_site_runs_on_the_runtime_that_it_is_created_on(machine: Host, second: Path) -> None:
    a_runtime("other", second)
    first = site_of(drive(ask("First", database=False), machine))
    operation = create_site(ME, "Other", "custom", "other.localhost", runtime="other")
    other = site_of(drive(operation, machine))
    assert program_of(first, machine) == Path(settings.FRANKENPHP)
    assert program_of(other, machine) == second


def test_a_site_is_moved_and_moved_back_and_answers(
    machine: Host, second: Path, site: Site, parts: RunningFront
) -> None:
    a_runtime("other", second)
    port = site.port
    for name, program in (("other", second), ("first", Path(settings.FRANKENPHP))):
        operation = drive(switch_runtime(ME, site, name), machine)
        assert operation.status == "done", operation.error
        assert program_of(site, machine) == program
        site.refresh_from_db()
        assert (site.runtime.name, site.port, site.status, site.front) == (name, port, "active", "up")
        assert "PHP works" in parts.get("fault.localhost", "/").body
        assert not Hold.objects.exists()


def test_the_record_says_what_the_program_says_of_itself(machine: Host, second: Path, site: Site) -> None:
    runtime = a_runtime("other", second, thread_safe=False)
    drive(switch_runtime(ME, site, "other"), machine)
    runtime.refresh_from_db()
    assert runtime.thread_safe
    assert '"num_threads": 2' in settings.PLACES.worker_config(site.pk).read_text()


def test_no_visitor_sees_an_error_while_a_site_is_moved(
    machine: Host, second: Path, site: Site, parts: RunningFront
) -> None:
    """Three of them, without a pause. The front waits for the port for three seconds; a move takes less than one."""
    a_runtime("other", second)
    with visited(parts, hands=3) as seen:
        for name in ("other", "first", "other"):
            operation = drive(switch_runtime(ME, site, name), machine)
            assert operation.status == "done", operation.error
    assert set(seen) == {200}, seen


def test_no_visitor_sees_an_error_while_a_site_is_restarted(machine: Host, site: Site, parts: RunningFront) -> None:
    with visited(parts, hands=3) as seen:
        for _ in range(3):
            operation = drive(restart_site(ME, Site.objects.get(pk=site.pk)), machine)
            assert operation.status == "done", operation.error
    assert set(seen) == {200}, seen


@contextmanager
def visited(front: RunningFront, hands: int) -> Iterator[list[int]]:
    """The status of each visit of so many who ask again and again."""
    ended, seen = threading.Event(), list[int]()

    def visit() -> None:
        while not ended.is_set():
            seen.append(front.get("fault.localhost", "/").status)

    with ThreadPoolExecutor(hands) as pool:
        visits = [pool.submit(visit) for _ in range(hands)]
        try:
            yield seen
        finally:
            ended.set()
    for one in visits:
        one.result()


def assert_back(operation: Operation, site: Site, host: Host, front: RunningFront, *words: str) -> None:
    """The move was taken back, for a reason with these *words*, and the site runs as before."""
    assert operation.status == "undone", operation.error
    for word in words:
        assert word in operation.error, operation.error
    site.refresh_from_db()
    assert site.runtime.name == "first"
    assert program_of(site, host) == Path(settings.FRANKENPHP)
    assert front.get("fault.localhost", "/").status == 200
    assert not Hold.objects.exists()


@pytest.mark.parametrize(
    ("serves", "words"),
    [
        ("echo thinking; exec sleep 600", ("does not answer through PHP within", "thinking")),
        ("echo no room; exit 1", ("ended while starting", "no room")),
    ],
    ids=["never answers", "dies at once"],
)
@pytest.mark.usefixtures("impatient")
def test_a_site_that_does_not_answer_there_goes_back(
    machine: Host, site: Site, parts: RunningFront, serves: str, words: tuple[str, ...]
) -> None:
    was = inventory(machine)
    with open_folder() as folder:
        a_runtime("other", speaking(folder / "frankenphp", serves=serves))
        operation = drive(switch_runtime(ME, site, "other"), machine)
        assert_back(operation, site, machine, parts, *words)
        assert inventory(machine) == was


@pytest.mark.parametrize(
    ("text", "words"),
    [("not even started\n", "does not work as FrankenPHP"), (None, "is not there or may not be run")],
    ids=["no program", "missing"],
)
def test_what_is_no_frankenphp_any_more_stops_nothing(
    machine: Host, site: Site, parts: RunningFront, text: str | None, words: str
) -> None:
    worker = worker_of(site, machine)
    was = find.server(worker)
    with open_folder() as folder:
        path = folder / "frankenphp"
        if text:
            path.write_text(text)
            path.chmod(0o755)
        a_runtime("other", path)
        operation = drive(switch_runtime(ME, site, "other"), machine)
        assert_back(operation, site, machine, parts, words)
    assert find.server(worker) == was
    assert [line.key for line in operation.lines.all()] == ["runtime-look"]


def test_a_page_that_is_worse_there_takes_the_site_back(
    machine: Host, second: Path, site: Site, parts: RunningFront
) -> None:
    """It answers through PHP, but the page fails: as if that PHP lacked an extension."""
    put(site, "<?php if (getenv('LACKS')) no_such_function(); echo 'mine';")
    with open_folder() as folder:
        lacking = speaking(folder / "frankenphp", serves=f'export LACKS=gd; exec "{second}" "$@"')
        a_runtime("other", lacking)
        operation = drive(switch_runtime(ME, site, "other"), machine)
    said = ("On other the home page of fault is an error of the server", "on first it comes", "stays on first")
    assert_back(operation, site, machine, parts, *said)


def test_a_customers_own_page_is_moved_as_it_is(machine: Host, second: Path, site: Site, parts: RunningFront) -> None:
    a_runtime("other", second)
    for text, status in (("<?php echo 'mine';", 200), ("<?php http_response_code(503); echo 'shut';", 503)):
        put(site, text)
        name = "other" if status == 200 else "first"
        operation = drive(switch_runtime(ME, site, name), machine)
        assert operation.status == "done", operation.error
        assert parts.get("fault.localhost", "/").status == status


def test_a_move_that_is_cancelled_goes_back(machine: Host, second: Path, site: Site, parts: RunningFront) -> None:
    a_runtime("other", second)
    operation = switch_runtime(ME, site, "other")
    for _ in range(2):
        engine.advance(operation.pk, lambda: machine)
    assert program_of(site, machine) == second
    Operation.objects.filter(pk=operation.pk).update(cancel_asked=True)
    operation.refresh_from_db()
    assert_back(drive(operation, machine), site, machine, parts, "Cancelled.")


def test_a_php_that_is_not_thread_safe_gets_one_thread(machine: Host, site: Site, second: Path) -> None:
    """One that says so and serves all the same: the real one behind a program that lies about it."""
    with open_folder() as folder:
        lie = speaking(folder / "frankenphp", zts=0, serves=f'exec "{second}" "$@"')
        runtime = a_runtime("single", lie)
        operation = drive(switch_runtime(ME, site, "single"), machine)
        assert operation.status == "done", operation.error
        text = settings.PLACES.worker_config(site.pk).read_text()
        assert '"num_threads": 1' in text
        assert '"max_threads": 1' in text
        assert not Runtime.objects.get(pk=runtime.pk).thread_safe
        drive(switch_runtime(ME, site, "first"), machine)


def test_what_cannot_be_moved_says_why(machine: Host, site: Site, second: Path) -> None:
    a_runtime("other", second)
    with pytest.raises(Invalid, match=r"no runtime 'php-9' on local; choose one of first, other\."):
        switch_runtime(ME, site, "php-9")
    with pytest.raises(WrongState, match="runs on first already"):
        switch_runtime(ME, site, "first")
    Site.objects.update(status="suspended")
    with pytest.raises(WrongState, match="fault is suspended; only a site that is active"):
        switch_runtime(ME, site, "other")
    Site.objects.update(status="active")
    assert not Operation.objects.filter(flow="site.switch-runtime").exists()
    operation = switch_runtime(ME, site, "other")
    with pytest.raises(Busy, match=f"Operation {operation.pk}"):
        switch_runtime(ME, site, "other")
    drive(operation, machine)


@pytest.mark.usefixtures("impatient")
def test_one_that_waits_in_line_goes_back_to_what_the_first_left(machine: Host, site: Site, second: Path) -> None:
    with open_folder() as folder:
        a_runtime("other", second)
        a_runtime("broken", speaking(folder / "frankenphp", serves="exit 1"))
        first = switch_runtime(ME, site, "other")
        waiting = switch_runtime(Ask(user=None, door="test", or_wait=True), site, "broken")
        assert waiting.status == "waiting"
        assert drive(first, machine).status == "done"
        assert drive(waiting, machine).status == "undone"
    assert program_of(site, machine) == second


def test_the_plan_names_everything_and_does_nothing(machine: Host, site: Site, second: Path) -> None:
    a_runtime("other", second)
    sentences = [step.sentence for step in switch_runtime.plan(ME, site, "other").steps]
    assert len(sentences) == 4
    assert str(second) in sentences[0] and settings.PLACES.site_user(site.pk) in sentences[0]
    assert f"on port {site.port}" in sentences[1]
    assert program_of(site, machine) == Path(settings.FRANKENPHP)
    assert not Operation.objects.filter(flow="site.switch-runtime").exists()
