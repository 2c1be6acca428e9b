"""Domain Lifecycle: what is seen outside when a name is added to a site, changed, and removed."""

from __future__ import annotations

import re
from typing import Any

from apps.domains.models import Domain
from apps.domains.shapes import DomainShape
from apps.domains.steps.changing import ChangeDomain, RegenerateCaddyfile, ServeDomain
from apps.domains.steps.own_block import LoadOwnBlock
from apps.domains.steps.pages import LoadFront
from apps.domains.steps.removing import DeleteDomain
from apps.operations import engine
from tests.lifecycle.creation import drive_all, rows
from tests.lifecycle.sections import Scene, Section, nothing

SECOND = "second.localhost"
RENDERED = RegenerateCaddyfile.key


def add(scene: Scene) -> None:
    scene.notes["told"] = scene.do("domains/", site="lines", host=SECOND).json()


def as_far_as_it_is_rendered(scene: Scene, path: str, **body: Any) -> str:
    """Ask, and carry out what it led to until the whole file is rendered: nothing is loaded yet. Gives the file."""
    scene.answer = scene.post(path, **body)
    while not scene.operation.lines.filter(key=RENDERED, status="done").exists():
        engine.advance(scene.operation.pk, lambda: scene.host)
    text = scene.host.places.caddyfile_next.read_text()
    drive_all(scene.host)
    return text


def entry(scene: Scene, host: str) -> re.Pattern[str]:
    """The line of the map that leads *host* to the site."""
    return re.compile(rf"^\s*{re.escape(host)} {scene.site.port} {scene.site.pk}$", re.MULTILINE)


def what_is_no_host_name_is_refused(scene: Scene) -> None:
    for host in ("a b", "x.test:80", "a.ex {\n respond x\n}", "{$SECRET_KEY}.ex", "localhost", ""):
        assert scene.post("domains/", site="lines", host=host).status_code == 400, host


def a_name_in_use_is_refused(scene: Scene) -> None:
    for host in (SECOND, "lines.localhost", "LINES.localhost."):
        assert scene.post("domains/", site="lines", host=host).status_code == 409, host


def the_domain_is_recorded(scene: Scene) -> None:
    assert (SECOND, scene.site.pk) in rows("SELECT host, site_id FROM domains_domain")


def its_certificate_has_a_record_from_the_first_moment(scene: Scene) -> None:
    scene.answer = scene.post("domains/", site="lines", host="third.localhost")
    assert scene.answer.json()["domain"]["certificate"]["state"] == "pending"
    drive_all(scene.host)


def its_entry_leads_to_the_site(scene: Scene) -> None:
    assert entry(scene, SECOND).search(scene.host.places.caddyfile.read_text())


def the_whole_file_is_rendered_before_it_is_loaded(scene: Scene) -> None:
    text = as_far_as_it_is_rendered(scene, "domains/", site="lines", host="fourth.localhost")
    for host in ("lines.localhost", SECOND, "fourth.localhost"):
        assert entry(scene, host).search(text), host


def the_front_serves_it(scene: Scene) -> None:
    answer = scene.front.get(SECOND, "/")
    assert (answer.status, "PHP works" in answer.body) == (200, True)


def the_information_is_returned(scene: Scene) -> None:
    told = scene.notes["told"]["domain"]
    wanted = {"host": SECOND, "site": "lines", "primary": False, "redirects": False, "tls": "internal"}
    assert wanted.items() <= told.items()
    now = scene.client.get(f"/api/v1/domains/{told['id']}/").json()
    assert (now["dns"], now["certificate"]["state"]) == ("here", "served")
    assert now["certificate"]["names"] == [SECOND]


ADDITION = Section(
    "Domain Lifecycle / 1. Domain Addition",
    act=add,
    facts={
        1: what_is_no_host_name_is_refused,
        2: a_name_in_use_is_refused,
        3: the_domain_is_recorded,
        4: its_certificate_has_a_record_from_the_first_moment,
        5: its_entry_leads_to_the_site,
        6: the_whole_file_is_rendered_before_it_is_loaded,
        7: the_front_serves_it,
        8: the_information_is_returned,
    },
    carriers={
        1: ("apps.domains.claiming", "_normal", lambda text, field: text),
        2: ("apps.domains.claiming", "_refuse_taken", nothing),
        3: ("apps.lifecycle.domain", "claim_domain", nothing),
        4: ("apps.domains.claiming.Certificate.objects", "create", nothing),
        5: (ServeDomain, "do", nothing),
        6: (RegenerateCaddyfile, "do", nothing),
        7: (LoadFront, "do", nothing),
        8: (DomainShape, "to_representation", lambda self, domain: {}),
    },
)


def with_a_second(scene: Scene) -> None:
    add(scene)
    scene.notes["id"] = Domain.objects.get(host=SECOND).pk


def change(scene: Scene) -> None:
    """The way that is asked for most: the second name leads to the first."""
    patch(scene, redirects=True)


def patch(scene: Scene, **body: Any) -> None:
    address = f"/api/v1/domains/{scene.notes['id']}/"
    scene.answer = scene.client.patch(address, body, content_type="application/json")
    drive_all(scene.host)


def the_change_is_recorded(scene: Scene) -> None:
    assert (SECOND, True) in rows("SELECT host, redirects FROM domains_domain")


def the_file_is_rendered_anew_before_it_is_loaded(scene: Scene) -> None:
    address = f"/api/v1/domains/{scene.notes['id']}/"
    scene.answer = scene.client.patch(address, {"redirects": False}, content_type="application/json")
    while not scene.operation.lines.filter(key=RENDERED, status="done").exists():
        engine.advance(scene.operation.pk, lambda: scene.host)
    text = scene.host.places.caddyfile_next.read_text()
    drive_all(scene.host)
    assert entry(scene, SECOND).search(text)


def the_front_sends_its_visitors_to_the_primary_domain(scene: Scene) -> None:
    answer = scene.front.get(SECOND, "/page?x=1")
    port = scene.front.facts.https_port
    assert (answer.status, answer.headers["location"]) == (308, f"https://lines.localhost:{port}/page?x=1")


UPDATE = Section(
    "Domain Lifecycle / 2. Domain Update",
    before=with_a_second,
    act=change,
    facts={
        1: the_change_is_recorded,
        3: the_front_sends_its_visitors_to_the_primary_domain,
        2: the_file_is_rendered_anew_before_it_is_loaded,
    },
    carriers={
        1: (ChangeDomain, "do", nothing),
        2: (RegenerateCaddyfile, "do", nothing),
        3: (LoadOwnBlock, "do", nothing),
    },
)


def remove(scene: Scene) -> None:
    scene.do(f"domains/{scene.notes['id']}/delete/", confirm=SECOND)


def the_file_is_rendered_without_it_before_that_is_loaded(scene: Scene) -> None:
    scene.do("domains/", site="lines", host="third.localhost")
    third = Domain.objects.get(host="third.localhost").pk
    text = as_far_as_it_is_rendered(scene, f"domains/{third}/delete/", confirm="third.localhost")
    assert "third.localhost" not in text
    assert entry(scene, "lines.localhost").search(text)


def the_front_knows_it_no_more(scene: Scene) -> None:
    try:
        answer = scene.front.get(SECOND, "/")
    except OSError:
        return
    raise AssertionError(f"still served: {answer.status}")


def its_record_is_gone(scene: Scene) -> None:
    assert (SECOND,) not in rows("SELECT host FROM domains_domain")


REMOVAL = Section(
    "Domain Lifecycle / 3. Domain Removal",
    before=with_a_second,
    act=remove,
    facts={
        1: the_file_is_rendered_without_it_before_that_is_loaded,
        2: the_front_knows_it_no_more,
        3: its_record_is_gone,
    },
    carriers={
        1: (RegenerateCaddyfile, "do", nothing),
        2: (LoadFront, "do", nothing),
        3: (DeleteDomain, "do", nothing),
    },
)
SECTIONS = (ADDITION, UPDATE, REMOVAL)
