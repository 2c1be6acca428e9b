"""What may be set for one site, and what each value may be. Whatever is not set keeps its default.

Values are texts in one normal form, kept on the site's row; what PHP and Caddy are told is made of them here, and of
those that the front has a part in, in ``front_settings``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from apps.operations.refusals import Invalid
from apps.sites.front_settings import FRONT, complete
from apps.sites.kinds import KINDS
from apps.sites.setting import OFF, ON, Setting, folder, one_of, time_zone, whole

if TYPE_CHECKING:
    from apps.sites.kinds.base import Rules
    from apps.sites.models import Site

UPLOAD, UPLOAD_MOST = 64, 2048
"""MiB that a request may carry: of a site that says nothing, and of any site. The front lets the most pass."""
SECONDS_MOST = 600
THREADS, THREADS_MOST = 6, 32
"""Requests that a site answers at once."""
ALWAYS = 2
"""Threads that are there before a request comes."""
MEBIBYTE = 1024 * 1024

SETTINGS = {
    setting.key: setting
    for setting in (
        Setting(
            "memory_limit",
            "Memory limit",
            "MB of memory that one PHP request may take.",
            "256",
            whole(32, 4096, "M"),
            lambda value: {"memory_limit": f"{value}M"},
        ),
        Setting(
            "upload_limit",
            "Upload limit",
            "MB that a visitor may send at once: one file, and the whole request.",
            str(UPLOAD),
            whole(1, UPLOAD_MOST, "M"),
            lambda value: {"upload_max_filesize": f"{value}M", "post_max_size": f"{value}M"},
        ),
        Setting(
            "execution_time",
            "Execution time",
            "Seconds that one PHP request may take.",
            "60",
            whole(1, SECONDS_MOST),
            lambda value: {"max_execution_time": value, "max_input_time": value},
        ),
        Setting(
            "input_vars",
            "Input variables",
            "Fields that one request may have.",
            "1000",
            whole(100, 100_000),
            lambda value: {"max_input_vars": value},
        ),
        Setting("threads", "Threads", "Requests that PHP answers at once.", str(THREADS), whole(1, THREADS_MOST)),
        Setting(
            "worker_mode",
            "Worker mode",
            "Keep the application in memory, where it has the script for that.",
            ON,
            one_of(ON, OFF),
            choices=(ON, OFF),
        ),
        Setting(
            "time_zone",
            "Time zone",
            "Of PHP, as in Europe/Vienna.",
            "UTC",
            time_zone,
            lambda value: {"date.timezone": value},
        ),
        Setting(
            "display_errors",
            "Show PHP's errors to visitors",
            "For a site that is being developed; the site's PHP log has them anyway.",
            OFF,
            one_of(ON, OFF),
            lambda value: {"display_errors": value.capitalize()},
            choices=(ON, OFF),
        ),
        Setting(
            "document_root",
            "Document root",
            "The folder below public that visitors see, where that is not the kind's own.",
            "",
            folder,
        ),
        Setting(
            "backup_room",
            "Room for backups",
            "GB that the site's backups may take together on its server. Empty: no limit.",
            "",
            whole(1, 100_000, "G"),
        ),
        *FRONT,
    )
}


def checked(site: Site, asked: Mapping[str, str]) -> dict[str, str]:
    """*asked* in normal form: a value for each key, empty where the default shall hold again. Raises Invalid."""
    found = {key: _checked(key, text) for key, text in asked.items()}
    if int(found.get("threads") or 1) > 1 and not site.runtime.thread_safe:
        raise Invalid("threads", f"The PHP of {site.slug} is not thread safe, so it answers one request at a time.")
    if found.get("worker_mode") == ON and KINDS[site.kind].rules.worker_mode is None:
        raise Invalid("worker_mode", f"{KINDS[site.kind].label} cannot be kept in memory; leave this as it is.")
    return complete(site, found)


def _checked(key: str, text: str) -> str:
    setting = SETTINGS.get(key)
    if setting is None:
        raise Invalid(key[:40], f"{key[:40]!r} cannot be set for a site; choose one of {', '.join(SETTINGS)}.")
    text = text if setting.secret else text.strip(" ")
    if not text:
        return ""
    try:
        return setting.check(text)
    except ValueError as wanted:
        shown = "what was given" if setting.secret else repr(text[:60].encode("unicode_escape").decode())
        raise Invalid(key, f"{setting.label}: {shown} is not {wanted}.") from None


def merged(old: Mapping[str, str], changes: Mapping[str, str]) -> dict[str, str]:
    """The settings once *changes* are made: an empty value is the default's, and is not kept."""
    return {key: value for key, value in {**old, **changes}.items() if value}


def shown(site: Site) -> dict[str, str]:
    """What holds for *site*, default or set, by key."""
    standard = {key: setting.default for key, setting in SETTINGS.items()}
    standard["document_root"] = KINDS[site.kind].rules.document_root.removeprefix("public").removeprefix("/")
    return {**standard, **site.chosen}


# What the worker is told


def ini_of(settings: Mapping[str, str]) -> dict[str, str]:
    """The values of php.ini that were chosen."""
    chosen = [SETTINGS[key].ini(value) for key, value in settings.items() if key in SETTINGS]
    return {name: line for lines in chosen for name, line in lines.items()}


def body_limit(settings: Mapping[str, str]) -> int:
    """Bytes that a request may carry."""
    return int(settings.get("upload_limit", UPLOAD)) * MEBIBYTE


def threads_of(settings: Mapping[str, str], *, thread_safe: bool) -> tuple[int, int]:
    """How many threads there always are, and how many at most."""
    most = int(settings.get("threads", THREADS)) if thread_safe else 1
    return min(ALWAYS, most), most


def rules_of(site: Site) -> Rules:
    """The kind's rules, for the document root that the site has."""
    rules = KINDS[site.kind].rules
    chosen = site.chosen.get("document_root")
    return replace(rules, document_root=f"public/{chosen}") if chosen else rules
