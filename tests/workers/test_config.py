"""The worker's JSON against what FrankenPHP makes of the same worker as a Caddyfile."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from apps.host.command import run
from apps.sites.kinds.base import Rules, WorkerMode
from apps.workers.config import WorkerFacts, worker_config
from apps.workers.php_ini import CHOSEN
from frankenpanel.places import Places

PLACES = Places(Path("/opt/panel"), Path("/run/panel"), Path("/var/cache/panel"), "")
FACTS = WorkerFacts(site_id=7, slug="shop", port=8081, public_port=7443, places=PLACES, rules=Rules())
TEMPLATE = (Path(__file__).parent / "worker.caddy").read_text()
PHP_SERVER = """php_server {
    root ROOT/sites/shop/DOCUMENTS
    env HTTPS on
    env SERVER_PORT 7443
    env REMOTE_ADDR {client_ip}
}"""
NO_PHP = "wp-content/(uploads|cache)|wp-includes"
REFUSE_PHP = f"@noexec path_regexp (?i)^/({NO_PHP})/.*\\.php(/|$)\nrespond @noexec 403"
HIDDEN = r"^/(tmp|cache)/.*\.(txt|xml)$"
HIDE = f"@hidden path_regexp (?i){HIDDEN}\nrespond @hidden 404\n"
API = "@api {\npath /api /api/*\nnot file {path}\n}\nrewrite @api /api/index.php"
REFUSE_ALL_PHP = "@noexec path_regexp (?i)\\.php(/|$)\nrespond @noexec 403"
FILES = "file_server {\nroot ROOT/sites/shop/DOCUMENTS\n}"

MODE = WorkerMode("stay.php", {"MAX": "500"}, {"BASE": "public"})
WORKERS = """worker {
    file ROOT/sites/shop/DOCUMENTS/stay.php
    num 2
    env MAX 500
    env BASE ROOT/sites/shop/public
    max_consecutive_failures 3
}"""
INDEX = "index stay.php\n    try_files {path} stay.php"
MEMORY = "env FRANKENPANEL_MEMORY ROOT/sites/shop/DOCUMENTS/stay.php"
FIRST = "auto_prepend_file ROOT/probe/memory.php"
KINDS = {
    "plain": (Rules(), "", "", PHP_SERVER),
    "wordpress": (Rules(no_php=NO_PHP), REFUSE_PHP, "", PHP_SERVER),
    "joomla": (
        Rules(no_php=NO_PHP, hidden=HIDDEN, rewrites=(("/api", "/api/index.php"),)),
        HIDE + REFUSE_PHP,
        API,
        PHP_SERVER,
    ),
    "laravel": (Rules(document_root="public/public"), "", "", PHP_SERVER),
    "in memory": (
        Rules(document_root="public/public", worker_mode=MODE),
        "",
        "",
        PHP_SERVER.replace("env HTTPS", f"{INDEX}\n    {MEMORY}\n    env HTTPS"),
    ),
    "static": (Rules(php=False), REFUSE_ALL_PHP, "", FILES),
}


def caddyfile(rules: Rules, refusals: str, rewrites: str, answers: str) -> str:
    text = TEMPLATE.replace("REFUSALS", refusals).replace("REWRITES", rewrites).replace("ANSWERS", answers)
    text = text.replace("WORKERS", WORKERS if rules.worker_mode else "")
    if rules.worker_mode:
        text = text.replace("num_threads 2", "num_threads 4").replace("memory_limit", f"{FIRST}\n\t\t\tmemory_limit")
    socket = f"unix/{PLACES.metrics_socket(7)}|0660"
    return text.replace("DOCUMENTS", rules.document_root).replace("ROOT", "/opt/panel").replace("METRICS", socket)


def adapted(folder: Path, text: str) -> Any:
    """FrankenPHP's own JSON, with our names for its servers and its log, and without what groups of one say."""
    file = folder / "worker.caddy"
    file.write_text(text)
    found = run([settings.FRANKENPHP, "adapt", "--config", file, "--adapter", "caddyfile"]).decode()
    for theirs, ours in (("log.access.log0", "log.access.access"), ('"log0"', '"access"')):
        found = found.replace(theirs, ours)
    found = found.replace('"srv0"', '"site"').replace('"srv1"', '"metrics"')
    return without(json.JSONDecoder().raw_decode(found)[0], {"group", "hide"})


def without(value: Any, names: set[str]) -> Any:
    if isinstance(value, dict):
        return {key: without(inner, names) for key, inner in value.items() if key not in names}
    return joined([without(inner, names) for inner in value]) if isinstance(value, list) else value


def joined(values: list[Any]) -> list[Any]:
    """Where two routes that everything takes follow each other, one route with what both do: it is the same."""
    found: list[Any] = []
    for value in values:
        if found and all(isinstance(one, dict) and set(one) == {"handle"} for one in (found[-1], value)):
            found[-1] = {"handle": found[-1]["handle"] + value["handle"]}
        else:
            found.append(value)
    return found


def mark_of(config: dict[str, Any]) -> str:
    handle = config["apps"]["http"]["servers"]["site"]["routes"][0]["handle"]
    probe = handle[2]["routes"][0]["handle"][0]["routes"]
    mark: str = probe[2]["handle"][0]["env"]["FRANKENPANEL_CONFIG"]
    return mark


@pytest.mark.host
@pytest.mark.parametrize("kind", KINDS)
def test_the_json_is_what_frankenphp_makes_of_the_same_worker_as_a_caddyfile(kind: str, tmp_path: Path) -> None:
    rules, *texts = KINDS[kind]
    config = worker_config(replace(FACTS, rules=rules, in_memory=rules.worker_mode is not None))
    text = caddyfile(rules, *texts).replace("MARK", mark_of(config))
    site = config["apps"]["http"]["servers"]["site"]
    assert site["listen"] == ["{file./opt/panel/runtime/site-7/listen}:8081"], "on the address that counts now"
    site["listen"] = ["127.0.0.1:8081"]
    assert without(config, {"group"}) == adapted(tmp_path, text)


def test_two_rewrites_never_both_happen() -> None:
    rules = Rules(rewrites=(("/api", "/api/index.php"), ("/old", "/old/index.php")))
    routes = json.dumps(worker_config(replace(FACTS, rules=rules)))
    assert routes.count('"group": "rewrites"') == 2


def test_an_application_without_its_script_is_not_kept_in_memory() -> None:
    without_script = worker_config(replace(FACTS, rules=Rules(worker_mode=MODE)))
    assert without_script == worker_config(FACTS)


def test_a_socket_unit_hands_the_listeners_over() -> None:
    config = worker_config(replace(FACTS, inherited=True))
    servers = config["apps"]["http"]["servers"]
    assert [servers[name]["listen"] for name in ("site", "metrics")] == [["fd/3"], ["fd/4"]]
    assert "7 {env.INVOCATION_ID}" in json.dumps(config)


def test_whatever_changes_is_seen_in_the_mark() -> None:
    changed = [{}, {"port": 8082}, {"public_port": 443}, {"php_ini": {"memory_limit": "512M"}}, {"site_id": 8}]
    marks = [mark_of(worker_config(replace(FACTS, **change))) for change in changed]  # type: ignore[arg-type]
    assert len(set(marks)) == len(changed)
    assert mark_of(worker_config(FACTS)) == marks[0]


@pytest.mark.parametrize("port", [0, 80, 65536, -1])
def test_a_port_that_no_worker_can_have_is_refused(port: int) -> None:
    with pytest.raises(ValueError, match="cannot be a worker's port"):
        worker_config(replace(FACTS, port=port))


def test_a_chosen_value_takes_the_default_s_place() -> None:
    config = worker_config(replace(FACTS, php_ini={"memory_limit": "512M", "date.timezone": "Europe/Berlin"}))
    ini = config["apps"]["frankenphp"]["php_ini"]
    assert (ini["memory_limit"], ini["date.timezone"], ini["expose_php"]) == ("512M", "Europe/Berlin", "Off")


@pytest.mark.parametrize("key", ["open_basedir", "auto_prepend_file", "extension", "memory_limit\n", "error_log"])
def test_a_key_that_is_not_a_site_s_to_choose_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="cannot be set for a site"):
        worker_config(replace(FACTS, php_ini={key: "/"}))


@pytest.mark.parametrize("key", CHOSEN)
@pytest.mark.parametrize(
    "value", ["", "1\n", "256M\nopen_basedir=/", "1;x", "${HOME}", "{env.HOME}", "{file./etc/x}", "On Off", '"1"', "-1"]
)
def test_no_value_can_bring_another_line_or_be_expanded(key: str, value: str) -> None:
    with pytest.raises(ValueError, match="is not a value for"):
        worker_config(replace(FACTS, php_ini={key: value}))


@pytest.mark.parametrize("chosen", [{}, {"opcache.memory_consumption": "131", "opcache.jit_buffer_size": "64M"}])
def test_the_shared_memory_is_never_such_that_php_maps_huge_pages_over_its_heap(chosen: dict[str, str]) -> None:
    ini = worker_config(replace(FACTS, php_ini=chosen))["apps"]["frankenphp"]["php_ini"]
    total = int(ini["opcache.memory_consumption"]) + int(ini.get("opcache.jit_buffer_size", "0").removesuffix("M"))
    assert total % 2 == 1


@pytest.mark.parametrize(("key", "value"), [("opcache.memory_consumption", "128"), ("opcache.jit_buffer_size", "33M")])
def test_a_size_at_which_php_may_crash_is_refused(key: str, value: str) -> None:
    with pytest.raises(ValueError, match="is not a value for"):
        worker_config(replace(FACTS, php_ini={key: value}))


def test_a_root_with_strange_letters_is_refused() -> None:
    places = replace(PLACES, root=Path("/opt/pa;nel"))
    with pytest.raises(ValueError, match="is not a value for"):
        worker_config(replace(FACTS, places=places))


def test_there_is_no_secret_and_no_expansion_but_the_known_ones() -> None:
    text = json.dumps(worker_config(FACTS))
    assert text.count("{file.") == text.count("{file./opt/panel/runtime/site-7/listen}") == 1
    assert text.count("{env.") == text.count("{env.SITE_INSTANCE}") == 1
