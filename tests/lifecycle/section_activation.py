"""2. Site Activation, 3. Site Deactivation: what is seen outside."""

from __future__ import annotations

from apps.audit.models import AuditRow
from apps.host.supervisor import find
from apps.operations import engine
from apps.sites.models import Site
from apps.sites.steps.status import SetStatus
from apps.workers.roster import worker_of
from apps.workers.steps.running import LookAtWorker, StartWorkerAgain, StopWorker
from tests.lifecycle.creation import drive_all, rows
from tests.lifecycle.sections import Scene, Section, a_viewer, nothing


def process_of(scene: Scene) -> object:
    """The worker that runs now; None where none does."""
    return find.server(worker_of(scene.again(), scene.host))


def status_of(scene: Scene) -> str:
    return str(rows("SELECT status FROM sites_site WHERE slug = 'lines'")[0][0])


def is_audited(action: str) -> None:
    assert AuditRow.objects.filter(action=action, outcome="accepted", subject_kind="site").exists()


def start(scene: Scene) -> None:
    scene.notes["before"] = process_of(scene)
    scene.do(f"sites/{scene.site.pk}/start/")


def a_viewer_may_not_start_it(scene: Scene) -> None:
    assert scene.post(f"sites/{scene.site.pk}/start/", a_viewer(scene.site)).status_code == 403
    assert scene.post("sites/999999/start/").status_code == 404


def what_ran_runs_again_after_a_start_that_is_taken_back(scene: Scene) -> None:
    scene.answer = scene.post(f"sites/{scene.site.pk}/start/")
    while not scene.operation.lines.filter(key="worker-stop", status="done").exists():
        engine.advance(scene.operation.pk, lambda: scene.host)
    scene.post(f"operations/{scene.operation.pk}/cancel/")
    drive_all(scene.host)
    assert scene.operation.status == "undone"
    assert process_of(scene) is not None


def the_old_worker_is_gone(scene: Scene) -> None:
    assert process_of(scene) != scene.notes["before"]


def it_answers_through_php(scene: Scene) -> None:
    answer = scene.front.get("lines.localhost", "/")
    assert (answer.status, "PHP works" in answer.body) == (200, True)


def it_is_active(scene: Scene) -> None:
    assert status_of(scene) == "active"


def the_start_is_in_the_audit_log(scene: Scene) -> None:
    is_audited("site.start")


def stopped_by_hand(scene: Scene) -> None:
    """Not by the panel: the records say active, and the worker is gone. Half of the facts need the other half."""
    Site.objects.filter(pk=scene.site.pk).update(status="inactive")


ACTIVATION = Section(
    "Site Lifecycle / 2. Site Activation",
    before=stopped_by_hand,
    act=start,
    facts={
        1: a_viewer_may_not_start_it,
        2: what_ran_runs_again_after_a_start_that_is_taken_back,
        3: the_old_worker_is_gone,
        4: it_answers_through_php,
        5: it_is_active,
        6: the_start_is_in_the_audit_log,
    },
    carriers={
        1: ("apps.lifecycle.site_activation", "require", nothing),
        2: (LookAtWorker, "do", nothing),
        3: (StopWorker, "do", nothing),
        4: (StartWorkerAgain, "do", nothing),
        5: (SetStatus, "do", nothing),
        6: ("apps.operations.entry.Entry", "_audit", nothing),
    },
)


def stop(scene: Scene) -> None:
    scene.do(f"sites/{scene.site.pk}/stop/")


def a_viewer_may_not_stop_it(scene: Scene) -> None:
    assert scene.post(f"sites/{scene.site.pk}/stop/", a_viewer(scene.site)).status_code == 403


def no_worker_is_left_and_visitors_are_told(scene: Scene) -> None:
    assert process_of(scene) is None
    answer = scene.front.get("lines.localhost", "/")
    assert (answer.status, "switched off" in answer.body) == (503, True)


def it_is_inactive(scene: Scene) -> None:
    assert status_of(scene) == "inactive"


def the_stop_is_in_the_audit_log(scene: Scene) -> None:
    is_audited("site.stop")


DEACTIVATION = Section(
    "Site Lifecycle / 3. Site Deactivation",
    act=stop,
    facts={
        1: a_viewer_may_not_stop_it,
        2: no_worker_is_left_and_visitors_are_told,
        3: it_is_inactive,
        4: the_stop_is_in_the_audit_log,
    },
    carriers={
        1: ("apps.lifecycle.site_activation", "require", nothing),
        2: (StopWorker, "do", nothing),
        3: (SetStatus, "do", nothing),
        4: ("apps.operations.entry.Entry", "_audit", nothing),
    },
)
SECTIONS = (ACTIVATION, DEACTIVATION)
