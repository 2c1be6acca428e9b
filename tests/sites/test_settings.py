"""What may be set for a site: white-listed, in one form, and nothing that PHP or Caddy could read otherwise."""

from __future__ import annotations

from zoneinfo import available_timezones

import pytest

from apps.operations.refusals import Invalid
from apps.servers.models import Runtime
from apps.sites.models import Site
from apps.sites.settings import SETTINGS, body_limit, checked, ini_of, merged, rules_of, shown, threads_of
from apps.workers.php_ini import php_ini

SAFE = Runtime(name="safe", thread_safe=True)
GOOD = {
    "memory_limit": ("512M", "512"),
    "upload_limit": ("0128", "128"),
    "execution_time": ("600", "600"),
    "input_vars": ("5000", "5000"),
    "threads": ("12", "12"),
    "worker_mode": ("off", "off"),
    "time_zone": ("America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
    "display_errors": ("on", "on"),
    "document_root": (" app/web.v2 ", "app/web.v2"),
    "backup_room": ("20G", "20"),
    "main_domain": ("on", "on"),
    "force_https": ("off", "off"),
    "proxies": ("192.0.2.0/24,\t2001:DB8::/32 192.0.2.0/24", "192.0.2.0/24 2001:db8::/32"),
    "error_pages": (" errors ", "errors"),
}
OPEN = sorted(set(SETTINGS) - {"protect_user", "protect_password"})
"""Those that say something by themselves."""
HOSTILE = ["\n", "1\nopen_basedir=/", "256M;", "${HOME}", "{env.HOME}", "-1", "1e9", "٣٢", "0", "\0", "x" * 5000]
FINE = {
    "document_root": ("0", "1e9"),
    "error_pages": ("0", "1e9"),
    "protect_user": ("0", "1e9"),
    "protect_password": ("256M;", "${HOME}", "{env.HOME}"),
}
FOLDERS = [
    "..",
    "../x",
    "/etc",
    "a/../b",
    ".git",
    "a//b",
    "a/",
    "a\nb",
    "a b",
    "{file./etc/passwd}",
    "a/.x",
    "a\\b",
    "-x",
]


def a_row(kind: str = "custom", runtime: Runtime = SAFE, **chosen: str) -> Site:
    return Site(slug="rose", kind=kind, runtime=runtime, chosen=chosen)


@pytest.mark.parametrize("key", OPEN)
def test_a_value_has_one_form_and_an_empty_one_is_the_default(key: str) -> None:
    given, normal = GOOD[key]
    assert checked(a_row(), {key: given}) == {key: normal}
    assert checked(a_row(), {key: ""}) == {key: ""}
    assert merged({key: normal, "threads": "3"}, {key: ""}) == ({} if key == "threads" else {"threads": "3"})


@pytest.mark.parametrize("key", SETTINGS)
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_value_is_refused_with_its_field_and_a_sentence(key: str, text: str) -> None:
    if text in FINE.get(key, ()):
        return
    with pytest.raises(Invalid) as refused:
        checked(a_row(), {key: text})
    assert refused.value.field == key
    assert str(refused.value).startswith(SETTINGS[key].label)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize("text", FOLDERS)
def test_11_a_document_root_never_leads_out_of_public(text: str) -> None:
    with pytest.raises(Invalid, match="folder below public"):
        checked(a_row(), {"document_root": text})


@pytest.mark.parametrize("key", ["auto_prepend_file", "open_basedir", "extension", "memory_limit\n", "port", ""])
def test_a_key_that_is_not_listed_is_refused(key: str) -> None:
    with pytest.raises(Invalid, match="cannot be set for a site"):
        checked(a_row(), {key: "1"})


def test_what_is_chosen_reaches_php_and_caddy() -> None:
    chosen = {key: normal for key, (_, normal) in GOOD.items()}
    ini = php_ini({}, ini_of(chosen))
    assert (ini["memory_limit"], ini["upload_max_filesize"], ini["post_max_size"]) == ("512M", "128M", "128M")
    assert (ini["max_execution_time"], ini["max_input_vars"], ini["display_errors"]) == ("600", "5000", "On")
    assert ini["date.timezone"] == "America/Argentina/Buenos_Aires"
    assert body_limit(chosen) == 128 * 1024 * 1024
    assert body_limit({}) == 64 * 1024 * 1024
    assert threads_of(chosen, thread_safe=True) == (2, 12)
    assert threads_of(chosen, thread_safe=False) == (1, 1)
    assert threads_of({"threads": "1"}, thread_safe=True) == (1, 1)


def test_every_time_zone_that_is_accepted_is_one_that_php_is_told() -> None:
    for zone in available_timezones():
        try:
            value = checked(a_row(), {"time_zone": zone})["time_zone"]
        except Invalid:
            continue
        php_ini({}, ini_of({"time_zone": value}))


def test_a_document_root_replaces_the_kinds_own() -> None:
    assert rules_of(a_row("laravel")).document_root == "public/public"
    assert rules_of(a_row("laravel", document_root="web")).document_root == "public/web"
    assert shown(a_row("laravel"))["document_root"] == "public"
    assert shown(a_row("custom", threads="3"))["threads"] == "3"


def test_what_the_sites_php_cannot_do_is_refused() -> None:
    with pytest.raises(Invalid, match="not thread safe"):
        checked(a_row(runtime=Runtime(name="nts", thread_safe=False)), {"threads": "4"})
    with pytest.raises(Invalid, match="cannot be kept in memory"):
        checked(a_row("wordpress"), {"worker_mode": "on"})
    assert checked(a_row("laravel"), {"worker_mode": "on"}) == {"worker_mode": "on"}
