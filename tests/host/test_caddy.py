"""The front for real: FrankenPHP's Caddy, as an unprivileged user, over TLS and its admin socket."""

from __future__ import annotations

import json
import os
import secrets
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from apps.domains import caddyfile
from apps.domains.caddyfile import FrontSite, difference, render, wanted_routes
from apps.domains.front import PASS
from apps.host.caddy import Front, routes
from apps.host.caddy_tls import served_certificate
from apps.host.errors import Refused, Unavailable
from tests.parts.echo import echo, echo_on
from tests.parts.front import UID, RunningFront, free_port, prepared_front, running_front
from tests.parts.hostile import HOSTILE

pytestmark = pytest.mark.host
STRANGER = UID + 1
TOKEN = secrets.token_urlsafe(32)
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="another user's part is played by root's right to become one")


@pytest.fixture(scope="module")
def worker() -> Iterator[int]:
    with echo() as port:
        yield port


@pytest.fixture(scope="module")
def front(worker: int) -> Iterator[RunningFront]:
    with running_front(*some_sites(worker)) as running:
        yield running


@pytest.fixture(autouse=True)
def _as_at_first(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test loads into the front that all share, the next one finds the first sites again."""
    if "front" not in request.fixturenames:
        yield
        return
    running: RunningFront = request.getfixturevalue("front")
    before = running.facts
    yield
    running.facts = before
    running.driver.load(render(before))


def some_sites(worker: int) -> tuple[FrontSite, ...]:
    return (
        FrontSite(1, ("one.test", "www.one.test"), "up", worker),
        FrontSite(2, ("two.test",), "stopped", 8082),
        FrontSite(3, ("three.test",), "starting", 8083),
        FrontSite(4, ("dead.test",), "up", free_port()),
        FrontSite(5, ("five.test",), "suspended", 8084),
        FrontSite(6, ("six.test", "www.six.test"), "maintenance", worker, TOKEN),
        FrontSite(7, ("seven.test",), "maintenance", 0),
        FrontSite(8, ("zero.test",), "failed", 8085),
    )


def log_lines(front: RunningFront, name: str, has: Callable[[dict[str, object]], bool]) -> list[dict[str, object]]:
    """The lines of a log for which *has* holds; the log is written a moment after the answer."""
    path = front.facts.places.logs("front") / name
    for _ in range(100):
        found = [line for line in map(json.loads, path.read_text().splitlines()) if has(line)]
        if found:
            return found
        time.sleep(0.02)
    return []


# What a visitor gets


@pytest.mark.parametrize("host", ["one.test", "www.one.test"])
def test_a_site_that_is_up_answers_through_its_worker(front: RunningFront, host: str) -> None:
    answer = front.get(host, "/page?x=1")
    seen = json.loads(answer.body)
    assert (answer.status, seen["path"], seen["host"], seen["x-site-id"]) == (200, "/page?x=1", host, "1")
    assert seen["x-forwarded-proto"] == "https"


def test_a_name_in_upper_case_is_the_same_name(front: RunningFront) -> None:
    answer = front.get("WWW.One.TEST")
    assert (answer.status, json.loads(answer.body)["host"]) == (200, "www.one.test")


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("host", "retry_after", "says"),
    [
        ("two.test", "3600", "This site is switched off"),
        ("three.test", "5", "This site is starting"),
        ("dead.test", "30", "This page cannot be shown right now"),
        ("five.test", "3600", "This site is suspended"),
        ("six.test", "600", "We will be back soon"),
        ("seven.test", "600", "We will be back soon"),
        ("zero.test", "3600", "This site has failed"),
    ],
)
def test_a_site_that_cannot_answer_shows_its_page(
    front: RunningFront, host: str, retry_after: str, says: str, method: str
) -> None:
    answer = front.get(host, "/any/path?x=1", method=method, body=b"x=1" if method == "POST" else None)
    assert answer.status == 503
    assert answer.headers["retry-after"] == retry_after
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"].startswith("text/html")
    assert f"<h1>{says}</h1>" in answer.body


def test_a_page_for_a_site_that_starts_comes_again_by_itself(front: RunningFront) -> None:
    assert front.get("three.test").headers["refresh"] == "3"


def test_a_page_of_the_front_needs_nothing_from_elsewhere(front: RunningFront) -> None:
    for host in ("two.test", "three.test", "five.test", "six.test"):
        assert "default-src 'none'" in front.get(host).headers["content-security-policy"]
    for page in front.facts.places.pages.iterdir():
        text = page.read_text()
        assert not [word for word in ("http:", "https:", "src=", "href=", "url(", "<script", "@import") if word in text]
        assert "prefers-color-scheme: dark" in text


@pytest.mark.parametrize("host", ["six.test", "www.six.test"])
def test_the_link_lets_people_through_to_a_site_in_maintenance(front: RunningFront, host: str) -> None:
    linked = front.get(host, f"/.frankenpanel/pass/{TOKEN}")
    cookie, *rules = linked.headers["set-cookie"].split("; ")
    assert (linked.status, linked.headers["location"], linked.headers["cache-control"]) == (303, "/", "no-store")
    assert {"Path=/", "Secure", "HttpOnly"} <= set(rules)
    answer = front.get(host, "/page", method="POST", headers={"Cookie": f"other=1; {cookie}"}, body=b"x=1")
    assert (answer.status, json.loads(answer.body)["x-site-id"]) == (200, "6")


def test_no_other_pass_lets_anybody_through(front: RunningFront) -> None:
    for wrong in (TOKEN[::-1], "", "default", "shut", f"{TOKEN}x"):
        cookie = {"Cookie": f"{PASS}={wrong}"}
        assert front.get("six.test", headers=cookie).status == 503
    ours = {"Cookie": f"{PASS}={TOKEN}"}
    assert {front.get(host, headers=ours).status for host in ("two.test", "five.test", "seven.test")} == {503}


@pytest.mark.parametrize(
    "path",
    ["pass/", "pass/short", f"pass/{TOKEN}x", f"pass/{'x' * 42};", "", "up"],
    ids=["empty", "short", "long", "with a semicolon", "nothing", "another"],
)
def test_only_a_link_of_the_right_form_sets_a_cookie(front: RunningFront, path: str) -> None:
    for host in ("one.test", "six.test"):
        answer = front.get(host, f"/.frankenpanel/{path}")
        assert (answer.status, "set-cookie" in answer.headers) == (404, False)


def test_a_pass_for_another_name_or_port_is_a_difference(front: RunningFront) -> None:
    text = render(front.facts)
    for wrong in (f"one.test/{TOKEN} 8085", f"seven.test/{TOKEN} 8085", "~.* 8085"):
        smuggled = text.replace("default shut", f"{wrong}\n\t\t\t\tdefault shut")
        assert "8085 with the pass" in difference(front.facts, routes(front.driver.adapt(smuggled)))
    for wrong in ("default 8085", ""):
        assert "a map of" in difference(front.facts, routes(front.driver.adapt(text.replace("default shut", wrong))))
    assert difference(front.facts, routes(front.driver.adapt(text))) == ""


@pytest.mark.parametrize("path", ["/../../../etc/passwd", "/..%2f..%2f..%2fetc/passwd", "//etc/passwd", "/Caddyfile"])
def test_no_path_leads_out_of_the_fronts_own_pages(front: RunningFront, path: str) -> None:
    answer = front.get("two.test", path)
    assert (answer.status, "This site is switched off" in answer.body) == (503, True)


def test_an_unknown_name_is_404_over_http_and_no_handshake_over_tls(front: RunningFront) -> None:
    assert front.get_plain("unknown.test").status == 404
    assert front.get_plain("127.0.0.1").status == 404
    assert served_certificate("unknown.test", front.facts.https_port) is None


@pytest.mark.parametrize("host", ["two.test", "unknown.test", "one.test.", "127.0.0.1"])
def test_a_connection_for_one_name_cannot_ask_for_another(front: RunningFront, host: str) -> None:
    assert front.get(host, sni="one.test").status == 421


def test_attack_8_unknown_names_leave_nothing_on_the_disk(front: RunningFront) -> None:
    def stored() -> list[Path]:
        return sorted(path for path in front.facts.places.caddy_storage.rglob("*") if "locks" not in path.parts)

    before = stored()
    assert not [n for n in range(100) if served_certificate(f"n{n}.example.com", front.facts.https_port)]
    assert stored() == before


@pytest.mark.parametrize("host", ["one.test", "two.test", "panel.localhost"])
def test_plain_http_is_sent_to_https_with_its_port(front: RunningFront, host: str) -> None:
    answer = front.get_plain(host, "/a/b?c=d")
    assert (answer.status, answer.headers["location"]) == (308, f"https://{host}:{front.facts.https_port}/a/b?c=d")


@pytest.mark.parametrize(
    "path",
    [
        "/.frankenpanel",
        "/.frankenpanel/up",
        "/.frankenpanel/php?x",
        "/.FRANKENPANEL/php",
        "//.frankenpanel/up",
        "/x/../.frankenpanel/up",
        "/./.frankenpanel/up",
        "/%2efrankenpanel/up",
        "/.frankenpanel%2Fup",
        "/%2e%66rankenpanel/%75p",
    ],
)
def test_the_panels_own_addresses_in_a_site_are_hidden(front: RunningFront, path: str) -> None:
    for host in ("one.test", "two.test", "three.test", "dead.test", "panel.localhost"):
        assert front.get(host, path).status == 404


def test_attack_21_what_a_visitor_says_of_himself_is_not_passed_on(front: RunningFront) -> None:
    lies = {
        "X-Forwarded-For": "203.0.113.9",
        "X-Forwarded-Host": "evil.test",
        "X-Forwarded-Proto": "http",
        "X-Site-Id": "9",
        "Forwarded": "for=203.0.113.9",
        "X-Real-IP": "203.0.113.9",
    }
    with echo_on(front.facts.panel_socket):
        panel = json.loads(front.get("panel.localhost", headers=lies).body)
    site = json.loads(front.get("one.test", headers=lies).body)
    for seen, host in ((panel, "panel.localhost"), (site, "one.test")):
        assert seen["x-forwarded-for"] == "127.0.0.1"
        assert (seen["x-forwarded-host"], seen["x-forwarded-proto"]) == (host, "https")
    assert site["x-site-id"] == "1"
    assert "203.0.113.9" not in json.dumps(panel)


def test_the_panel_answers_through_its_unix_socket_and_has_a_page_when_it_is_down(front: RunningFront) -> None:
    with echo_on(front.facts.panel_socket):
        assert json.loads(front.get("panel.localhost", "/admin/").body)["path"] == "/admin/"
    answer = front.get("panel.localhost", "/admin/")
    assert (answer.status, answer.headers["retry-after"]) == (503, "30")


# Loading


def test_what_is_loaded_is_what_the_records_say(front: RunningFront) -> None:
    assert routes(front.driver.current()) == wanted_routes(front.facts)
    assert difference(front.facts, routes(front.driver.adapt(render(front.facts)))) == ""


def test_a_site_comes_changes_and_goes(front: RunningFront, worker: int) -> None:
    front.serve(FrontSite(5, ("five.test",), "starting", worker))
    assert front.get("five.test").status == 503
    front.serve(FrontSite(5, ("five.test", "www.five.test"), "up", worker))
    assert front.get("www.five.test").status == 200
    front.serve()
    assert served_certificate("five.test", front.facts.https_port) is None
    assert front.get_plain("five.test").status == 404


def test_an_empty_server_serves_the_panel_alone(front: RunningFront) -> None:
    front.serve()
    assert routes(front.driver.current()) == wanted_routes(front.facts)
    with echo_on(front.facts.panel_socket):
        assert front.get("panel.localhost").status == 200


@pytest.mark.parametrize(
    "bad",
    [
        "https://bad.test {\n\tno_such_directive\n}\n",
        "https://bad.test {",
        "https://bad.test {\n\ttls /nowhere/cert.pem /nowhere/key.pem\n}\n",
        "https://one.test {\n}\nhttps://one.test {\n}\n",
    ],
)
def test_a_bad_block_is_refused_and_the_old_configuration_keeps_serving(front: RunningFront, bad: str) -> None:
    before = front.driver.current()
    with pytest.raises(Refused, match=r"^Caddy refuses the front's configuration: .+") as caught:
        front.driver.load(render(front.facts) + bad)
    assert len(str(caught.value)) < 500
    assert front.driver.current() == before
    assert front.get("one.test").status == 200


def test_what_caddy_can_read_but_not_start_is_refused_only_by_the_load(front: RunningFront) -> None:
    bad = render(front.facts) + "https://bad.test {\n\ttls /nowhere/cert.pem /nowhere/key.pem\n}\n"
    assert "bad.test" in difference(front.facts, routes(front.driver.adapt(bad)))


def test_a_configuration_that_is_loaded_already_is_not_loaded_again(front: RunningFront) -> None:
    front.serve(FrontSite(6, ("six.test",), "starting", 8086))
    unchanged = len(log_lines(front, "caddy.log", lambda line: line["msg"] == "config is unchanged"))
    front.driver.load(render(front.facts))
    assert len(log_lines(front, "caddy.log", lambda line: line["msg"] == "config is unchanged")) == unchanged + 1


# What must not get in


@contextmanager
def unchecked(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As if every check of names had a fault: the last rule must hold alone."""
    with monkeypatch.context() as patched:
        patched.setattr(caddyfile, "refuse_unsafe", lambda _facts: None)
        yield


@pytest.mark.parametrize("text", [*HOSTILE, "good.example.", "bücher.example"])
def test_attack_1_a_hostile_name_that_passed_every_check_is_still_not_loaded(
    front: RunningFront, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    good = FrontSite(8, ("good.example", "xn--bcher-kva.example"), "up", 8088)
    facts = replace(front.facts, sites=(*front.facts.sites, good, FrontSite(9, (text,), "up", 8089)))
    with unchecked(monkeypatch):
        rendered = render(facts)
    try:
        found = routes(front.driver.adapt(rendered))
    except Refused:
        return
    known = replace(facts, sites=(*front.facts.sites, good))
    assert difference(known, found) != ""


@pytest.mark.parametrize(
    ("smuggled", "name"),
    [
        ("http://victim.test {\n\trespond x\n}\n", "http://victim.test"),
        ("https://victim.test {\n\treverse_proxy 127.0.0.1:22\n}\n", "victim.test"),
        ("https://one.test/admin {\n\tfile_server browse\n}\n", "/admin"),
        ("https://*.test {\n\ttls internal\n\trespond x\n}\n", "*.test"),
        ("https:// {\n\ttls internal {\n\t\ton_demand\n\t}\n\trespond x\n}\n", "https://"),
        (":PORT {\n\trespond x\n}\n", "127.0.0.1:PORT"),
        ("https://victim.test {\n\troot * /\n\tphp_server\n}\n", "victim.test would be"),
    ],
)
def test_whatever_is_smuggled_into_the_file_is_seen(front: RunningFront, smuggled: str, name: str) -> None:
    port = str(free_port())
    text = render(front.facts) + smuggled.replace("PORT", port)
    assert name.replace("PORT", port) in difference(front.facts, routes(front.driver.adapt(text)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("reverse_proxy 127.0.0.1:{args[0]}", "reverse_proxy 127.0.0.1:2019"),
        ("import worker {way}", "import worker 22"),
        ("map {host} {up} {sid}", "map {query} {up} {sid}"),
        ("one.test {port} 1", "one.test 22 1"),
        ("root * ", "respond /x evil\n\troot * "),
        ("import pages down 30", "reverse_proxy 127.0.0.1:22"),
    ],
)
def test_another_destination_for_a_known_name_is_seen(
    front: RunningFront, worker: int, old: str, new: str
) -> None:
    before = render(front.facts)
    after = before.replace(old.replace("{port}", str(worker)), new)
    assert after != before
    assert "one.test would be" in difference(front.facts, routes(front.driver.adapt(after)))


def test_attack_3_the_fronts_environment_is_empty_and_it_is_no_ones_root(front: RunningFront) -> None:
    assert front.process is not None
    process = Path(f"/proc/{front.process.pid}")
    assert process.joinpath("environ").read_bytes() == b""
    if os.geteuid() == 0:
        assert f"Uid:\t{UID}\t{UID}\t{UID}\t{UID}" in process.joinpath("status").read_text()


# The admin endpoint


def test_the_admin_socket_is_for_its_owner_and_group(front: RunningFront) -> None:
    found = front.facts.places.front_admin.stat()
    assert stat.S_ISSOCK(found.st_mode)
    assert stat.S_IMODE(found.st_mode) == 0o660
    assert found.st_uid == (UID if os.geteuid() == 0 else os.geteuid())
    front.serve()
    assert stat.S_IMODE(front.facts.places.front_admin.stat().st_mode) == 0o660


@as_root
@pytest.mark.parametrize("open_folder", [True, False], ids=["by the socket", "by its folder"])
def test_another_user_is_refused(front: RunningFront, open_folder: bool) -> None:
    folder = front.facts.places.front_admin.parent
    folder.chmod(0o755 if open_folder else 0o750)
    os.setegid(STRANGER)
    os.seteuid(STRANGER)
    try:
        with pytest.raises(Refused, match=r"This user may not use .*; work as root or as the panel's user"):
            front.driver.load(render(replace(front.facts, sites=())))
    finally:
        os.seteuid(0)
        os.setegid(0)
        folder.chmod(0o750)
    assert front.get("one.test").status == 200


def test_a_front_that_is_down_is_unavailable_with_a_sentence(tmp_path: Path) -> None:
    driver = Front(tmp_path / "none.sock", Path("/bin/false"))
    for ask in (driver.current, lambda: driver.adapt("x"), lambda: driver.load("x")):
        with pytest.raises(Unavailable, match=r"The front \(Caddy\) does not answer; './panel up' starts it again\."):
            ask()


def test_a_front_that_dies_is_unavailable_and_serves_again_after_a_cold_start(worker: int) -> None:
    with running_front(FrontSite(1, ("one.test",), "up", worker)) as front:
        assert front.process is not None
        front.process.kill()
        front.process.wait()
        with pytest.raises(Unavailable):
            front.driver.load(render(front.facts))
        with pytest.raises(Unavailable, match="port"):
            served_certificate("one.test", front.facts.https_port)
        front.start()
        assert front.get("one.test").status == 200


def test_a_front_starts_cold_from_the_rendered_file(worker: int) -> None:
    with prepared_front(*some_sites(worker)) as front:
        front.start()
        assert front.get("one.test").status == 200
        assert front.get("two.test").status == 503
        assert routes(front.driver.current()) == wanted_routes(front.facts)


def test_a_front_without_any_site_starts_cold() -> None:
    with running_front() as front:
        assert front.get_plain("one.test").status == 404
        assert front.get("panel.localhost").status == 503


# Its logs


def test_attack_51_every_request_is_one_line_of_json_in_one_log(front: RunningFront) -> None:
    agent = 'x"\\n<script>{"level":"fatal"}'
    front.get("one.test", "/logged-1?a=%0d%0ab", headers={"User-Agent": agent, "Cookie": "sessionid=canary"})
    front.get("two.test", "/logged-1")
    front.get_plain("unknown.test", "/logged-1")

    def is_ours(line: dict[str, object]) -> bool:
        return "logged-1" in json.dumps(line)

    for _ in range(100):
        lines = log_lines(front, "access.json", is_ours)
        if len(lines) == 3:
            break
        time.sleep(0.02)
    assert [line["status"] for line in lines] == [200, 503, 404]
    assert front.get("one.test", headers={"User-Agent": "\x1b[31mred"}).status == 400
    request = lines[0]["request"]
    assert isinstance(request, dict)
    assert request["headers"]["User-Agent"] == [agent]
    assert "canary" not in json.dumps(lines)


def test_the_fronts_logs_roll_and_are_not_for_everybody(front: RunningFront) -> None:
    for writer in (log["writer"] for log in front.driver.current()["logging"]["logs"].values()):
        assert (writer["roll_size_mb"], writer["roll_keep"]) == (20, 5)
        path = Path(writer["filename"])
        assert path.parent == front.facts.places.logs("front")
        assert stat.S_IMODE(path.stat().st_mode) == 0o640


# A thousand sites


def test_a_thousand_sites_are_rendered_and_read_in_a_moment(
    front: RunningFront, record_testsuite_property: Callable[[str, object], None]
) -> None:
    sites = [FrontSite(n, (f"s{n}.test", f"www.s{n}.test"), "up", 8080 + n) for n in range(1, 1001)]
    facts = replace(front.facts, sites=tuple(sites))
    started = time.perf_counter()
    text = render(facts)
    rendered = time.perf_counter()
    found = routes(front.driver.adapt(text))
    adapted = time.perf_counter()
    assert difference(facts, found) == ""
    compared = time.perf_counter()
    record_testsuite_property("1,000 sites: render, ms", round((rendered - started) * 1000))
    record_testsuite_property("1,000 sites: adapt, ms", round((adapted - rendered) * 1000))
    record_testsuite_property("1,000 sites: compare, ms", round((compared - adapted) * 1000))
