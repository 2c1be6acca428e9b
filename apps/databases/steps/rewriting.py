"""Another address in all that a site's database says of the site: its texts, its settings, its serialized values.

A flow that has these steps names the addresses in ``params["rewrite"]``, as ``{"old.test": "new.test:7443"}``: each a
host, with its port where that is not 443. Without it nothing is done. ``ForgetOldAddresses`` goes last: until then
every row lies beside as it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apps.databases.models import Database
from apps.host.rewriting.addresses import Addresses
from apps.host.rewriting.database import Rewriting
from apps.operations.flow import Step
from apps.operations.run import Run
from apps.sites.facts import kind_of

if TYPE_CHECKING:
    from apps.host.host import Host

PARAMETER, SECURE = "rewrite", "secure"
"""Which address becomes which; and whether those that begin with http begin with https then."""


class RewriteAddresses(Step):
    """As the database's own account, a hundred rows in a transaction. A second time it does what is left to do."""

    key = "addresses"

    def check(self, run: Run) -> None:
        """Refused for addresses that cannot be told apart."""
        Addresses(_asked(run))

    def plan(self, run: Run) -> str:
        database = run.find(Database)
        if database is None or not _asked(run):
            return "Addresses in the site's database stay as they are"
        told = ", ".join(f"https://{old} to https://{new}" for old, new in _asked(run).items())
        lasting = " and ".join(kind_of(database.site).lasting_columns)
        return f"Change {told} in every text of the database {database}{f', but for {lasting}' if lasting else ''}"

    def question(self, run: Run) -> tuple[str, dict[str, Any]] | None:
        """How many places that is."""
        database, asked = run.find(Database), _asked(run)
        return ("addresses", {"database_id": database.pk, PARAMETER: asked}) if database and asked else None

    def do(self, run: Run) -> None:
        if rewriting := _rewriting(run):
            run.note(str(rewriting.rewrite(run.operation.pk, run.progress)))

    def undo(self, run: Run) -> None:
        """Every row as it was; once forgetting has begun, by rewriting the other way, which is the same but for texts
        that had the new address before."""
        if rewriting := _rewriting(run):
            rewriting.restore(run.operation.pk)
            if run.operation.lines.filter(key=ForgetOldAddresses.key).exists():
                rewriting.reverse.rewrite(run.operation.pk)
                rewriting.forget(run.operation.pk)


class ForgetOldAddresses(Step):
    """Remove what was kept for the way back."""

    key = "addresses-forget"

    def plan(self, run: Run) -> str:
        return "Forget how the texts were before" if _asked(run) else "Nothing was kept aside"

    def do(self, run: Run) -> None:
        if rewriting := _rewriting(run):
            rewriting.forget(run.operation.pk)


def _asked(run: Run) -> dict[str, str]:
    return dict(run.params.get(PARAMETER) or {})


def _rewriting(run: Run) -> Rewriting | None:
    database, asked = run.find(Database), _asked(run)
    if database is None or not asked:
        return None
    return rewriting_of(database, asked, run.host, secure=run.params.get(SECURE, False))


def rewriting_of(database: Database, asked: dict[str, str], host: Host, *, secure: bool = False) -> Rewriting:
    login = host.mysql.login(database.name, host.vault.open(database.sealed_password))
    return Rewriting(login, Addresses(asked, secure), kind_of(database.site).lasting_columns)
