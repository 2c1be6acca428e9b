"""Dumping a database into a file of its site."""

from __future__ import annotations

from apps.databases.models import Database, Export
from apps.databases.steps.counting import Counter
from apps.host.login import Login
from apps.host.packing import packed
from apps.operations.flow import Step
from apps.operations.run import Run
from apps.sites.owner import owner_of


class WriteExport(Step):
    """The dump is packed on its way, written as the site's user, and gets its name when it is whole.

    A second run begins anew. There is room for it when there is as much as the tables have bytes.
    """

    key = "write-dump"

    def plan(self, run: Run) -> str:
        export = run.find(Export)
        return f"Dump {run.record(Database)} to {export.path} of the site, packed by gzip" if export else "Keep nothing"

    def do(self, run: Run) -> None:
        database, export = run.record(Database), run.find(Export)
        if export is None:
            return
        size = run.host.schemas.size(database.name)
        counter = Counter(run, size.data, f"of about {size.tables} tables")
        owner, slug = owner_of(run, database.site), database.site.slug
        with run.host.site_files.writing(owner, slug, export.path, size.data, counter) as file:
            for piece in packed(counter.passing(run.host.dumps.export(login_of(run, database), counter))):
                file.write(piece)
        export.bytes = run.host.site_files.settle(owner, slug, export.path)
        export.loose = size.loose
        export.save(update_fields=["bytes", "loose"])

    def undo(self, run: Run) -> None:
        if export := run.find(Export):
            run.host.site_files.remove(owner_of(run, export.site), export.site.slug, export.path)


def login_of(run: Run, database: Database) -> Login:
    """How MariaDB's programs log in to *database*, as its site's user."""
    return Login(database.name, run.host.vault.open(database.sealed_password), owner_of(run, database.site))
