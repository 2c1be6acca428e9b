"""Each site of the lost panel, one after the other, by an operation of its own; and what is said of each."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings

from apps.backups.models import Backup
from apps.host.archive.found import Found, Shelf
from apps.host.errors import HostError, Refused
from apps.host.host import Host
from apps.host.local import this_host
from apps.lifecycle.recovery import RECOVER, recover_site
from apps.mail.relays import relay_at
from apps.operations.management.asker import ask_of
from apps.operations.management.following import failure_of, follow
from apps.operations.models import Operation
from apps.operations.refusals import Refusal
from apps.servers.local import addresses
from apps.servers.local.prepare import Say, prepare
from apps.servers.local.recovery.archives import newest_good
from apps.servers.local.recovery.marker import Marker
from apps.servers.local.recovery.settling import load_records, settle
from apps.servers.local.running import up
from apps.servers.models import Server
from apps.sites.models import Site

UNRECOVERED = "It was not recovered"
"""What the reason of its suspension begins with, of a site that could not be brought back."""


def recover(shelf: Shelf, say: Say) -> int:
    """Bring back all that can be. Returns how many sites could not."""
    marker, host = Marker(settings.ROOT), this_host()
    there = shelf.archives()
    addresses.must_answer()
    load_records(marker)
    prepare(say)
    addresses.keep()
    server = Server.objects.get(name=settings.SERVER)
    settle(server, marker)
    host.postbox.open_for(None, there_is_a_relay=relay_at(server, None) is not None)
    up(say)
    lost = [site for site in _sites(marker) if not _is_back(site, there, host, marker, say)]
    if not lost:
        marker.remove()
    return len(lost)


def _sites(marker: Marker) -> list[Site]:
    told = marker.read()
    left = [int(pk) for pk in told["sites"] if int(pk) not in told["back"]]
    return list(Site.objects.filter(pk__in=left).select_related("server", "runtime").order_by("pk"))


def _is_back(site: Site, there: Sequence[Found], host: Host, marker: Marker, say: Say) -> bool:
    """Whether it is, by now. Why one is not stands beside it in the panel, too."""
    told = marker.read()
    status, last = told["sites"][str(site.pk)], _last(site, told["since"])
    try:
        if last is None or last.status != Operation.Status.DONE:
            Site.objects.filter(pk=site.pk).update(status=Site.Status.CREATING)
            last = _recovered(site, status, there, host, say)
    except (HostError, Refusal) as refused:
        _give_up(site, status, str(refused))
        say(f"{site.slug}: not recovered: {refused}")
        return False
    marker.write(back=[*told["back"], site.pk])
    say(f"{site.slug}: {_in_words(last, status)}")
    return True


def _last(site: Site, since: int) -> Operation | None:
    """What a run before this one has asked for, carried on to its end."""
    mine = Operation.objects.filter(flow=RECOVER.name, subject_kind="site", subject_id=site.pk, pk__gt=since)
    last = mine.order_by("pk").last()
    return follow(last) if last is not None and not last.ended else last


def _recovered(site: Site, status: str, there: Sequence[Found], host: Host, say: Say) -> Operation:
    """The operation that has brought it back. Refused where it cannot be."""
    _must_have_its_runtime(site, say)
    backup = newest_good(site, there, host, say)
    operation = follow(recover_site(ask_of(Namespace(user=None)), site, backup, status))
    if operation.status != Operation.Status.DONE:
        raise Refused(failure_of(operation))
    return operation


def _in_words(operation: Operation, status: str) -> str:
    backup = Backup.objects.get(pk=operation.params["backup_id"])
    notes = [line.note for line in operation.lines.all() if line.note]
    when = f"{backup.created_at:%-d %B %Y at %H:%M} UTC"
    return " ".join([f"{status}, as it was on {when}, out of {backup.file}.", *notes[1:]])


def _must_have_its_runtime(site: Site, say: Say) -> None:
    """A FrankenPHP that is not on the new machine gives way to the panel's own."""
    if Path(site.runtime.path).is_file():
        return
    first = site.server.runtimes.order_by("pk").first()
    if first is None or first == site.runtime:
        raise Refused(f"{site.runtime.path} is not there; install it.")
    say(f"{site.slug}: {site.runtime.path} is not on this machine, so it runs on {first}.")
    Site.objects.filter(pk=site.pk).update(runtime=first)


def _give_up(site: Site, status: str, why: str) -> None:
    """Nothing starts it and nothing runs in it, and whoever looks sees why. A later run tries it again."""
    facts: dict[str, str] = {"status": Site.Status.SUSPENDED, "front": Site.Front.SUSPENDED}
    if status != Site.Status.SUSPENDED:
        facts |= {"suspended_from": status, "suspended_because": f"{UNRECOVERED}: {why}"[:200]}
    Site.objects.filter(pk=site.pk).update(**facts)
