"""The drivers for this machine, built from the settings."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from pwd import getpwuid

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from apps.host.addresses import Addresses
from apps.host.archive.archives import Archives
from apps.host.browsers import Browsers
from apps.host.caddy import Front
from apps.host.dumps import Dumps
from apps.host.files import Files
from apps.host.frankenphp import FrankenPHP
from apps.host.host import Host
from apps.host.jobs import Jobs
from apps.host.mysql import MySQL
from apps.host.postbox import Postbox
from apps.host.schemas import Schemas
from apps.host.site_files import SiteFiles
from apps.host.smtp import Smtp
from apps.host.sources import Sources
from apps.host.spool import Spool
from apps.host.supervisor.pidfile import PidFileSupervisor
from apps.host.targets import Targets
from apps.host.users import Users
from apps.host.vault import Vault
from apps.host.webhook import Webhooks


@cache
def this_host() -> Host:
    """The machine. The web's processes may not have it: what they want to know they ask a runner."""
    if settings.ROLE in ("web", "beat"):
        raise ImproperlyConfigured(f"A {settings.ROLE} process does not touch the machine; a runner does.")
    places, separate = settings.PLACES, os.geteuid() == 0
    mysql = MySQL(places.mysql_socket, "root" if separate else _caller())
    binary, addresses = Path(settings.FRANKENPHP), Addresses(settings.PRIVATE_NETWORKS)
    return Host(
        places=places,
        files=Files(places),
        site_files=SiteFiles(places),
        spool=Spool(places.spool, settings.UPLOAD_MB << 20),
        users=Users(places, separate),
        mysql=mysql,
        schemas=Schemas(mysql),
        dumps=Dumps(places.mysql_socket),
        front=Front(places.front_admin, binary),
        php=FrankenPHP(binary, places),
        supervisor=PidFileSupervisor(),
        browsers=Browsers(places),
        sources=Sources(places.cache, {name: value for name, value in settings.SOURCES.items() if value}),
        vault=Vault(places.keys / "fernet"),
        jobs=Jobs(),
        postbox=Postbox(places),
        smtp=Smtp(addresses),
        addresses=addresses,
        targets=Targets(places, addresses),
        webhooks=Webhooks(addresses),
        archives=Archives(places),
    )


def _caller() -> str:
    return getpwuid(os.geteuid()).pw_name
