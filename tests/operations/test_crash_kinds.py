"""Where the kinds differ from each other: their files are fetched, and the application is installed. Killed there.

WordPress is killed at every such point. Joomla and Laravel, whose archives are of the tests, at one passage of each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from apps.host.host import Host
from apps.host.sources import Sources
from apps.lifecycle.site import CREATE
from tests.host.webserver import Web
from tests.lifecycle.test_site_create_joomla import vendor
from tests.operations.inventory import Inventory, inventory
from tests.operations.points import to_kill
from tests.operations.test_crash import assert_complete, before, crash, passed, take_back, unsent
from tests.parts.ground import open_folder
from tests.sites.composer_app import archive_in

__all__ = ["before", "unsent", "vendor"]
pytestmark = [pytest.mark.host, pytest.mark.backend, pytest.mark.django_db(transaction=True)]
OWN = {"application-files", "application"}
With = Callable[[str], Host]


@pytest.fixture
def stocked(machine: Host, vendor: Web) -> Iterator[With]:
    """The machine, with what a kind is made from."""
    with open_folder() as folder:
        sources = {"joomla": Sources(folder, {}), "laravel": Sources(folder, {"laravel": str(archive_in(folder))})}
        yield lambda kind: replace(machine, sources=sources.get(kind, machine.sources))


@pytest.mark.parametrize("kind", ["wordpress", "joomla", "laravel"])
def test_a_kind_killed_at_a_point_of_its_own_steps_is_complete(stocked: With, before: Inventory, kind: str) -> None:
    machine = stocked(kind)
    points = passed(machine, kind)
    own = [(at, points[at]) for at in _points_of(points, OWN)]
    for at, name in to_kill(f"site.create of {kind}", "forward", own, sampled=kind != "wordpress"):
        operation = crash(machine, kind, at)
        assert operation.status == "done", f"killed at {at} {name}: {operation.error}"
        assert_complete(machine, operation, before)
        take_back(operation.pk, machine)
        assert inventory(machine) == before, f"undone after a kill at {at} {name}"


def _points_of(points: list[str], keys: set[str]) -> list[int]:
    """The numbers of the points that the steps *keys* pass."""
    step, found = -1, []
    for at, name in enumerate(points):
        step += name == "engine.before-the-line"
        if step >= 0 and CREATE.lines[step].key in keys:
            found.append(at)
    return found
