"""The seed's headings as tables: what is seen outside for each numbered line, and what carries it.

A section's act is done once for all its facts; and once more for each line, with a no-op in its carrier's place: then
that line's fact must fail.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import Permission, User
from django.test import Client

from apps.host.host import Host
from apps.operations.models import Operation
from apps.sites.models import Site, SiteUserPermission
from tests.lifecycle.creation import drive_all
from tests.lifecycle.driving import ask, drive
from tests.parts.front import RunningFront

Carrier = tuple[Any, str, Callable[..., Any]]
"""What carries a line (a class, or a module's name), the attribute of it, and what stands in for that."""


@dataclass
class Scene:
    """A site, made before, and who asks for something at the API."""

    host: Host
    front: RunningFront
    site: Site
    client: Client
    answer: Any = None
    notes: dict[str, Any] = field(default_factory=dict)

    def post(self, path: str, client: Client | None = None, **body: Any) -> Any:
        """Post to ``/api/v1/…``; nothing is carried out yet."""
        address = f"/api/v1/{path}"
        return (client or self.client).post(address, json.dumps(body), content_type="application/json")

    def do(self, path: str, **body: Any) -> Any:
        """Post, and carry out what it led to, to its end."""
        self.answer = self.post(path, **body)
        drive_all(self.host)
        return self.answer

    @property
    def operation(self) -> Operation:
        """The one that the last request led to."""
        return Operation.objects.get(pk=self.answer.json()["operation"]["id"])

    def again(self) -> Site:
        """The site as the records have it now."""
        self.site = Site.objects.select_related("runtime", "server").get(pk=self.site.pk)
        return self.site


@dataclass(frozen=True)
class Section:
    """*site*: what the site is created with. *before* prepares, with every carrier in its place; *act* is the deed.

    *after* clears away what the deed leaves where a carrier was missing, and no undo can.
    """

    heading: str
    act: Callable[[Scene], None]
    facts: dict[int, Callable[[Scene], None]]
    carriers: dict[int, Carrier]
    site: dict[str, Any] = field(default_factory=dict)
    before: Callable[[Scene], None] = lambda scene: None
    after: Callable[[Scene], None] = lambda scene: None

    def __str__(self) -> str:
        return self.heading.rpartition(". ")[2]


def nothing(*args: Any, **kwargs: Any) -> None:
    """In place of what carries a line."""


def a_scene(host: Host, front: RunningFront, section: Section) -> Scene:
    """A site that is there, and its owner's way to the API."""
    operation = drive(ask(**{"name": "Lines", "database": False, **section.site}), host)
    assert operation.status == "done", operation.error
    ana = User.objects.filter(username="ana").first() or User.objects.create_superuser("ana")
    client = Client(raise_request_exception=False)
    client.force_login(ana, "django.contrib.auth.backends.ModelBackend")
    return Scene(host, front, Site.objects.get(pk=operation.subject_id), client)


def a_viewer(site: Site) -> Client:
    """Somebody who may see the site and do nothing to it."""
    eve = User.objects.filter(username="eve").first() or User.objects.create_user("eve")
    permission = Permission.objects.get(codename="view_site", content_type__app_label="sites")
    SiteUserPermission.objects.get_or_create(user=eve, permission=permission, content_object=site)
    client = Client(raise_request_exception=False)
    client.force_login(eve, "django.contrib.auth.backends.ModelBackend")
    return client
