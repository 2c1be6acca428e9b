"""Where an archive from elsewhere is chosen, on the tab of a site's backups."""

from __future__ import annotations

from django.contrib.auth.models import User
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from apps.backups.acts import BACKUP
from apps.operations.admin_base import DOOR
from apps.operations.asking import Ask
from apps.sites.models import Site

ARCHIVES, DUMPS = ".age,.gz,.tgz,.tar", ".sql,.gz"


def may_send(user: User, site: Site) -> bool:
    act = BACKUP.act("import")
    return act.offered(site) and BACKUP.allowed(Ask(user, DOOR), act, site)


def sending() -> dict[str, str]:
    """The inputs, by their names."""
    files, secret = UnfoldAdminFileFieldWidget(), UnfoldAdminPasswordWidget(attrs={"autocomplete": "off"})
    return {
        "archive": str(files.render("archive", None, {"id": "archive", "accept": ARCHIVES, "required": True})),
        "dump": str(files.render("dump", None, {"id": "archive-dump", "accept": DUMPS})),
        "identity": str(secret.render("identity", None)),
        "label": str(UnfoldAdminTextInputWidget().render("label", None, {"maxlength": 60})),
    }
