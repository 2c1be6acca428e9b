"""4. Site Deletion: what is seen outside once a site was deleted, and then purged."""

from __future__ import annotations

import shutil

import MySQLdb
from django.conf import settings

from apps.audit.models import AuditRow
from apps.databases.steps.of_site import DropDatabases
from apps.domains.steps.leaving import TakeSiteOff
from apps.host.caddy import routes
from apps.host.supervisor import find
from apps.host.supervisor.processes import process
from apps.lifecycle.site_purge import REMAINS
from apps.sites.models import Site
from apps.sites.steps.keeping import RemoveKeptSite
from apps.sites.steps.purging import DeleteRecords
from apps.workers.roster import worker_of
from apps.workers.steps.running import StopWorker
from tests.lifecycle.creation import rows
from tests.lifecycle.sections import Scene, Section, a_viewer, nothing
from tests.make import a_site


def note_what_there_is(scene: Scene) -> None:
    scene.notes["worker"] = find.server(worker_of(scene.again(), scene.host))
    scene.notes["database"] = scene.site.databases.get().name
    assert scene.notes["worker"] is not None


def delete_and_purge(scene: Scene) -> None:
    """Between the two it is looked at what only the first can be blamed for."""
    scene.do(f"sites/{scene.site.pk}/delete/", confirm="lines")
    scene.notes["said"] = (settings.PLACES.kept_logs("lines") / "worker.log").read_text()
    scene.notes["served"] = routes(scene.front.driver.current()).get("lines.localhost")
    scene.do(f"sites/{scene.site.pk}/purge/", confirm="lines")


def whatever_is_left(scene: Scene) -> None:
    """Of a purge without one of its carriers: nobody else knows of it by then."""
    for site in Site.objects.filter(slug__in=("lines", "other")):
        for model in REMAINS:
            model._base_manager.filter(site=site).delete()
        site.delete()
    scene.host.mysql.drop(scene.notes["database"])
    for place in (settings.PLACES.kept_site("lines"), settings.PLACES.kept_logs("lines")):
        shutil.rmtree(place, ignore_errors=True)


def a_viewer_may_not_delete_it(scene: Scene) -> None:
    """Asked for another site: this one is gone by now."""
    other = a_site(slug="other")
    assert scene.post(f"sites/{other.pk}/delete/", a_viewer(other), confirm="other").status_code == 403
    assert scene.post("sites/999999/delete/", confirm="x").status_code == 404


def the_worker_was_told_to_end_and_did(scene: Scene) -> None:
    """By itself: one that is killed says nothing."""
    assert process(scene.notes["worker"].pid) != scene.notes["worker"]
    assert '"shutting down"' in scene.notes["said"] or '"shutdown complete"' in scene.notes["said"]


def the_front_has_no_name_of_it(scene: Scene) -> None:
    assert scene.notes["served"] is None
    assert "lines.localhost" not in settings.PLACES.caddyfile.read_text()


def mysql_has_neither_database_nor_account(scene: Scene) -> None:
    connection = MySQLdb.connect(unix_socket=str(settings.PLACES.mysql_socket), user="root")
    with connection.cursor() as cursor:
        cursor.execute("SHOW DATABASES")
        assert scene.notes["database"] not in {row[0] for row in cursor.fetchall()}
        cursor.execute("SELECT User FROM mysql.user")
        assert scene.notes["database"] not in {row[0] for row in cursor.fetchall()}
    connection.close()  # type: ignore[no-untyped-call]


def no_file_of_it_is_left(scene: Scene) -> None:
    root = settings.PLACES.root
    assert not [path for path in root.rglob("lines*") if path.is_relative_to(root / "trash")]
    assert not (root / "sites" / "lines").exists()


def no_record_of_it_is_left(scene: Scene) -> None:
    assert rows("SELECT id FROM sites_site WHERE slug = 'lines'") == []
    assert rows("SELECT id FROM domains_domain WHERE host = 'lines.localhost'") == []
    assert rows("SELECT id FROM databases_database") == []


def both_are_in_the_audit_log(scene: Scene) -> None:
    for action in ("site.delete", "site.purge"):
        assert AuditRow.objects.filter(action=action, outcome="accepted", subject_label="Lines").exists()


DELETION = Section(
    "Site Lifecycle / 4. Site Deletion",
    site={"database": True},
    before=note_what_there_is,
    act=delete_and_purge,
    after=whatever_is_left,
    facts={
        1: a_viewer_may_not_delete_it,
        2: the_worker_was_told_to_end_and_did,
        3: the_front_has_no_name_of_it,
        4: mysql_has_neither_database_nor_account,
        5: no_file_of_it_is_left,
        6: no_record_of_it_is_left,
        7: both_are_in_the_audit_log,
    },
    carriers={
        1: ("apps.lifecycle.site_deletion", "require", nothing),
        2: (StopWorker, "do", nothing),
        3: (TakeSiteOff, "do", nothing),
        4: (DropDatabases, "do", nothing),
        5: (RemoveKeptSite, "do", nothing),
        6: (DeleteRecords, "do", nothing),
        7: ("apps.operations.entry.Entry", "_audit", nothing),
    },
)
SECTIONS = (DELETION,)
