"""Where everything lies: the one place that turns a slug or an id into a path or a name.

Pure values. Nothing here looks at the disk, so that a plan can name a path without touching it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

SERVER_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
"""What a server may be called."""


@dataclass(frozen=True)
class Places:
    """The paths and names of one instance of the panel.

    *instance* is empty in production, else four hex digits of the root's path, so that two panels on one machine
    share no user, database or socket.
    """

    root: Path
    run: Path
    cache: Path
    instance: str

    def site(self, slug: str) -> Path:
        """The site's folder: root's own. Only ``public``, ``private`` and ``tmp`` in it are the site user's."""
        return self.root / "sites" / slug

    def public(self, slug: str) -> Path:
        return self.site(slug) / "public"

    def runtime(self, site_id: int) -> Path:
        return self.root / "runtime" / f"site-{site_id}"

    def worker_config(self, site_id: int) -> Path:
        return self.runtime(site_id) / "worker.json"

    def worker_listen(self, site_id: int) -> Path:
        """The address on which the worker listens, for its configuration to read."""
        return self.runtime(site_id) / "listen"

    def cli_ini(self, site_id: int) -> Path:
        """The php.ini of the site's scripts on the command line."""
        return self.runtime(site_id) / "cli.ini"

    def postbox(self, site_id: int) -> Path:
        """Where the site's mails wait: root's own folder, into which its user may put files."""
        return self.runtime(site_id) / "mail"

    def site_relay_file(self, site_id: int) -> Path:
        return self.runtime(site_id) / "relay"

    def worker_link(self, site_id: int) -> Path:
        """The seed's name for the worker's JSON: a relative link to it."""
        return self.root / "runtime" / f"worker_{site_id}.json"

    def worker_pid(self, site_id: int) -> Path:
        return self.root / "runtime" / f"worker_{site_id}.pid"

    def worker_lock(self, site_id: int) -> Path:
        return self.root / "runtime" / f"worker_{site_id}.lock"

    def logs(self, slug: str) -> Path:
        return self.root / "logs" / slug

    def kept_site(self, slug: str) -> Path:
        """Where the folder of a deleted site lies until it is taken back or purged. By a rename."""
        return self.root / "trash" / "sites" / slug

    def kept_logs(self, slug: str) -> Path:
        return self.root / "trash" / "logs" / slug

    def worker_log(self, slug: str) -> Path:
        return self.logs(slug) / "worker.log"

    def site_logs(self, slug: str) -> Path:
        """The access and PHP logs: the site user's own folder, so never followed as root."""
        return self.logs(slug) / "site"

    def worker_socket_dir(self, site_id: int) -> Path:
        return self.run / f"site-{site_id}"

    def metrics_socket(self, site_id: int) -> Path:
        return self.worker_socket_dir(site_id) / "metrics.sock"

    @property
    def probe(self) -> Path:
        """The folder of the script through which a worker shows that its PHP answers."""
        return self.root / "probe"

    @property
    def browser(self) -> Path:
        """Adminer: for sites' users to run, in no site's document root, and root's to change."""
        return self.root / "browser"

    @property
    def browsers(self) -> Path:
        """The sockets of those that run: the panel's user may enter, and nobody else."""
        return self.run / "browsers"

    def browser_socket(self, number: int) -> Path:
        return self.browsers / f"{number}.sock"

    def browser_log(self, number: int) -> Path:
        return self.browsers / f"{number}.log"

    def browser_lock(self, number: int) -> Path:
        return self.locks / f"browser-{number}.lock"

    @property
    def sendmail(self) -> Path:
        """What PHP's ``mail()`` starts. Every site's user may run it."""
        return self.root / "mail" / "sendmail"

    @property
    def relay_file(self) -> Path:
        """Whether the server has a relay: beside the program, that can see nothing else of the panel's."""
        return self.sendmail.with_name("relay")

    @property
    def caddyfile(self) -> Path:
        """The last configuration that the front accepted."""
        return self.root / "caddy" / "Caddyfile"

    @property
    def caddyfile_next(self) -> Path:
        return self.root / "caddy" / "Caddyfile.next"

    @property
    def caddy_storage(self) -> Path:
        return self.root / "caddy" / "storage"

    def pair(self, pair_id: int) -> Path:
        """A certificate of an owner's own: the chain and the key in one file, so that both change at once."""
        return self.root / "caddy" / "pairs" / f"{pair_id}.pem"

    @property
    def internal_ca(self) -> Path:
        return self.caddy_storage / "pki" / "authorities" / "local" / "root.crt"

    @property
    def pages(self) -> Path:
        """The front's own pages: starting, stopped, suspended, maintenance, down."""
        return self.root / "caddy" / "pages"

    @property
    def front_admin(self) -> Path:
        return self.run / "panel" / "caddy-admin.sock"

    @property
    def mysql_socket(self) -> Path:
        """In a folder that every site user may enter; the panel's own sockets are not."""
        return self.run / "mysql" / "mysqld.sock"

    def backups(self, slug: str) -> Path:
        """The archives of a site: the panel's own, which no site's user can reach."""
        return self.archives / slug

    @property
    def archives(self) -> Path:
        return self.root / "backups"

    @property
    def keys(self) -> Path:
        return self.root / "keys"

    @property
    def spool(self) -> Path:
        """What was sent to a door and waits for a runner. The web's processes write there."""
        return self.root / "spool"

    @property
    def locks(self) -> Path:
        return self.root / "locks"

    def operation_lock(self, operation_id: int) -> Path:
        return self.locks / f"operation-{operation_id}.lock"

    def cron_lock(self, run_id: int) -> Path:
        return self.locks / f"cron-{run_id}.lock"

    def mail_lock(self, site_id: int) -> Path:
        return self.locks / f"mail-{site_id}.lock"

    def notice_lock(self, notice_id: int) -> Path:
        return self.locks / f"notice-{notice_id}.lock"

    def site_user(self, site_id: int) -> str:
        return f"fps-{self.instance}-{site_id}" if self.instance else f"fps-{site_id}"

    @property
    def panel_user(self) -> str:
        return f"fp{self.instance}-panel"

    def database_prefix(self) -> str:
        return f"fp{self.instance}_"
