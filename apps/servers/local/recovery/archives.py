"""The newest good archive of a site among those that were found, in its place below the new root."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.dateparse import parse_datetime

from apps.backups.keys import keys_of
from apps.backups.models import Backup, Copy
from apps.host.archive.found import Found
from apps.host.archive.reading import Archive
from apps.host.archive.stored_dump import StoredDump, databases
from apps.host.errors import Refused
from apps.host.host import Host
from apps.servers.local.prepare import Say
from apps.sites.models import Site

NONE = "There is no archive of it."


def newest_good(site: Site, there: Sequence[Found], host: Host, say: Say) -> Backup:
    """Its row, of an archive that was brought here and is whole; else of one that a place for copies has.

    Refused where there is none; each that is passed over is told.
    """
    ours = [one for one in there if one.slug == site.slug]
    for one in ours:
        say(f"{site.slug}: {one.file} is taken from {one.shelf.shown}.")
        try:
            return _taken_in(site, one, host)
        except Refused as refused:
            host.archives.discard(site.slug, one.file)
            say(f"{site.slug}: {one.file} is passed over: {refused}")
    if (copied := _copied(site)) is not None:
        say(f"{site.slug}: {copied.file} is read where it was copied to.")
        return copied
    raise Refused(f"None of its {len(ours)} archives can be used." if ours else NONE)


def _copied(site: Site) -> Backup | None:
    """The newest one that a bucket or an SSH server has, as the records say."""
    whole = {"status": Backup.Status.COMPLETED, "fault": "", "has_files": True, "has_databases": True}
    there = Backup.objects.filter(site=site, removed_at=None, copies__status=Copy.Status.DONE, **whole)
    return there.select_related("site__server", "server").order_by("-created_at").first()


def _taken_in(site: Site, one: Found, host: Host) -> Backup:
    """Its row, made where the archive is newer than the records. Refused for what would not give all of the site."""
    name = one.file
    row = Backup.objects.filter(file=name).first() or Backup(server=site.server, slug=site.slug, kind=site.kind)
    with one.read() as source:
        sha256 = host.archives.take_in(site.slug, name, source)
    if row.sha256 not in ("", sha256):
        raise Refused("it is not as it was written.")
    with host.archives.opened(site.slug, name, keys_of(site.server, host)) as archive:
        facts = archive.manifest()
        _must_give_all(facts, site)
        if not row.sha256:
            archive.verify()
            facts["databases"] = list(_counted(archive))
            row.facts, row.sha256 = facts, sha256
    with host.archives.file(site.slug, name) as stored:
        row.bytes = stored.size
    row.site, row.file, row.status, row.removed_at = site, name, Backup.Status.COMPLETED, None
    row.fault, row.completed_at = "", row.completed_at or _made_at(facts)
    row.save()
    Backup.objects.filter(pk=row.pk).update(created_at=_made_at(facts) or row.created_at)
    return Backup.objects.select_related("site__server", "server").get(pk=row.pk)


def _must_give_all(facts: dict[str, Any], site: Site) -> None:
    """A manifest is somebody's word; so is the name of a file."""
    if facts.get("site", {}).get("slug") != site.slug:
        raise Refused("it is another site's.")
    if not all(facts.get("has", {}).get(part) for part in ("files", "databases")):
        raise Refused("it holds only a part of the site.")


def _counted(archive: Archive) -> Iterator[dict[str, Any]]:
    for name in databases(archive):
        tables = StoredDump(archive, name).tables()
        yield {"name": name, "tables": len(tables), "bytes": sum(tables.values())}


def _made_at(facts: dict[str, Any]) -> Any:
    return parse_datetime(str(facts.get("made_at", "")))
