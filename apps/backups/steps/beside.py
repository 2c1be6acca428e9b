"""Backup Restore 3: what is restored lies beside the site, whole, before anything of the site changes.

The folder beside is made like a site's own and belongs to the site's user, who unpacks into it: whatever an archive
holds, it reaches nothing that the site does not have.
"""

from __future__ import annotations

from collections.abc import Callable

from apps.backups.steps.opening import opened
from apps.databases.steps.counting import Counter
from apps.operations.flow import Step
from apps.operations.run import Run
from apps.sites.models import Site
from apps.sites.owner import owner_of


def aside_of(run: Run) -> str:
    """The name beside the sites': no slug begins like that."""
    return f".restore-{run.operation.pk}"


class MakeAside(Step):
    key = "restore-folder"

    def check(self, run: Run) -> None:
        if run.params["files"] and run.host.files.site_exists(aside_of(run)):
            run.host.files.remove_site(aside_of(run), owner_of(run, run.record(Site)))

    def plan(self, run: Run) -> str:
        return (
            f"Make {run.places.site(aside_of(run))} for the files" if run.params["files"] else "No files are restored"
        )

    def do(self, run: Run) -> None:
        if run.params["files"]:
            run.host.files.make_site(aside_of(run), owner_of(run, run.record(Site)))

    def undo(self, run: Run) -> None:
        run.host.files.remove_site(aside_of(run), owner_of(run, run.record(Site)))


class ExtractFiles(Step):
    """By the site's user, each file compared with its digest as it is written. A second run begins with nothing.

    *into*: the folder, named as a site's slug names its own.
    """

    key = "restore-extract"

    def __init__(self, into: Callable[[Run], str] = aside_of) -> None:
        self.into = into

    def plan(self, run: Run) -> str:
        if not run.params["files"]:
            return "No files are restored"
        return f"Unpack {run.params['path'] or 'all files'} into {run.places.site(self.into(run))} as the site's user"

    def do(self, run: Run) -> None:
        if run.params["files"]:
            self.unpack(run)
            run.host.files.settle_site(self.into(run))

    def unpack(self, run: Run) -> None:
        owner, folder = owner_of(run, run.record(Site)), self.into(run)
        run.host.files.empty_site(folder, owner)
        with opened(run) as archive:
            counter = Counter(run, archive.size_of("files"), "unpacked")
            archive.unpack(owner, run.places.site(folder), run.params["path"], counter, counter.add)


class RemoveAside(Step):
    """Backup Restore 6: what helped goes, and with it what was there before, for which there is a backup."""

    key = "restore-clear"

    def plan(self, run: Run) -> str:
        return f"Remove {run.places.site(aside_of(run))}, in which the old files are by now"

    def do(self, run: Run) -> None:
        run.host.files.remove_site(aside_of(run), owner_of(run, run.record(Site)))
