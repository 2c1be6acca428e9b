from __future__ import annotations

from dataclasses import dataclass

from apps.host.addresses import Addresses
from apps.host.archive.archives import Archives
from apps.host.browsers import Browsers
from apps.host.caddy import Front
from apps.host.dumps import Dumps
from apps.host.files import Files
from apps.host.frankenphp import FrankenPHP
from apps.host.jobs import Jobs
from apps.host.mysql import MySQL
from apps.host.postbox import Postbox
from apps.host.schemas import Schemas
from apps.host.site_files import SiteFiles
from apps.host.smtp import Smtp
from apps.host.sources import Sources
from apps.host.spool import Spool
from apps.host.supervisor import Supervisor
from apps.host.targets import Targets
from apps.host.users import Users
from apps.host.vault import Vault
from apps.host.webhook import Webhooks
from frankenpanel.places import Places


@dataclass(frozen=True)
class Host:
    """The machine as the steps see it: one driver for each outside thing."""

    places: Places
    files: Files
    site_files: SiteFiles
    spool: Spool
    users: Users
    mysql: MySQL
    schemas: Schemas
    dumps: Dumps
    front: Front
    php: FrankenPHP
    supervisor: Supervisor
    browsers: Browsers
    sources: Sources
    vault: Vault
    jobs: Jobs
    postbox: Postbox
    smtp: Smtp
    addresses: Addresses
    targets: Targets
    webhooks: Webhooks
    archives: Archives
