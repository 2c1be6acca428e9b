"""What the tab of a site's databases shows of dumps: those that can be fetched, and where one can be sent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from unfold.widgets import UnfoldAdminFileFieldWidget

from apps.databases.acts import DATABASE
from apps.databases.downloads import whole_exports
from apps.databases.models import Database, Export
from apps.operations.admin_base import DOOR
from apps.operations.asking import Ask


def dumps_for(user: User, databases: Iterable[Database], *, busy: bool) -> dict[str, Any]:
    """*busy*: something is at work on the site, so that nothing can be sent."""
    own = list(databases)
    exports = [export for one in own if _may(user, "export", one) for export in whole_exports(one)]
    takes = [one for one in own if not busy and DATABASE.act("import").offered(one) and _may(user, "import", one)]
    return {
        "exports": sorted(exports, key=_newest_first),
        "receiving": [(one, _input(one)) for one in takes],
        "upload_mb": settings.UPLOAD_MB,
    }


def _newest_first(export: Export) -> int:
    return -export.pk


def _may(user: User, verb: str, database: Database) -> bool:
    return DATABASE.allowed(Ask(user, DOOR), DATABASE.act(verb), database)


def _input(database: Database) -> str:
    """Where a dump is chosen."""
    told = {"id": f"dump-{database.pk}", "accept": ".sql,.gz", "required": True}
    return str(UnfoldAdminFileFieldWidget().render("dump", None, told))
