"""Places for copies of backups: set, tried, given up; and a backup copied to one. The seed has no list for it."""

from __future__ import annotations

import re
from typing import Any

from apps.backups.models import Backup, Copy, Target
from apps.backups.places import WANTED, checked
from apps.backups.steps.copying import AgreeToKey, CopyBackup, MarkTarget, TryTarget, UseTarget
from apps.lifecycle.requests import require
from apps.operations import letterbox
from apps.operations.asking import Ask
from apps.operations.enqueue import enqueue
from apps.operations.entry import lifecycle
from apps.operations.flow import Flow, Records
from apps.operations.models import Operation
from apps.operations.refusals import Invalid, Missing, Taken
from apps.operations.rows import NewRow, OldRow
from apps.operations.run import Run
from apps.servers.models import Server
from apps.sites.models import Site

NAME = re.compile("[a-z][a-z0-9-]{0,39}")
SCOPE, SERVERS = "target:change", "servers.change_server"


class CopyRecords(Records):
    def undo(self, run: Run) -> None:
        Copy.objects.filter(pk=run.params["copy_id"]).update(status=Copy.Status.FAILED, fault=run.operation.error)


CREATE = Flow(
    "target.create",
    title="Place for Copies",
    steps=(AgreeToKey(), TryTarget(), MarkTarget(), UseTarget(active=True)),
    records=NewRow(Target),
)
TEST = Flow("target.test", title="Test of a Place for Copies", steps=(TryTarget(),))
DELETE = Flow(
    "target.delete", title="End of a Place for Copies", steps=(UseTarget(active=False),), records=OldRow(Target)
)
COPY = Flow("backup.copy", title="Copy of a Backup", steps=(CopyBackup(),), records=CopyRecords(), long=True)


@lifecycle("target.create")
def create_target(ask: Ask, /, server: Server, name: str, kind: str, **asked: Any) -> Operation:
    """Copy the backups of *server* to a place: of all sites, or of one, whose slug is given as ``site``.

    ``path`` is a folder: of this machine, in the bucket, or at the SSH server. It is tried before it is used.
    """
    require(ask, SCOPE, SERVERS)
    secret, slug = asked.pop("secret", "") or asked.pop("private_key", ""), asked.pop("site", "")
    asked.pop("private_key", "")
    facts = checked(kind=kind, **{key: value for key, value in asked.items() if value not in ("", None)})
    kind = facts.pop("kind")
    _must_say(kind, {**facts, "secret": secret})
    target = Target(server=server, site=_site(slug), name=_checked_name(name), kind=kind, facts=facts)
    target.sealed_secret = letterbox.post(server, secret) if secret else ""
    target.save()
    return _enqueue(CREATE, ask, target)


@lifecycle("target.test")
def try_target(ask: Ask, target: Target) -> Operation:
    """Put a small file there, read it back and remove it."""
    require(ask, SCOPE, SERVERS)
    return _enqueue(TEST, ask, target)


@lifecycle("target.delete")
def delete_target(ask: Ask, target: Target) -> Operation:
    """Copy nothing there any more. What lies there stays, and is yours to remove."""
    require(ask, SCOPE, SERVERS)
    return _enqueue(DELETE, ask, target)


@lifecycle("backup.copy")
def copy_backup(ask: Ask, backup: Backup, target: Target) -> Operation:
    """Copy *backup* to *target*; a copy that broke off goes on."""
    require(ask, SCOPE, SERVERS)
    copy, _ = Copy.objects.get_or_create(backup=backup, target=target)
    Copy.objects.filter(pk=copy.pk).update(status=Copy.Status.PENDING, tries=copy.tries + 1)
    params = {"backup_id": backup.pk, "target_id": target.pk, "copy_id": copy.pk}
    holds = [f"backup:{backup.pk}", f"target:{target.pk}/{backup.pk}"]
    return enqueue(COPY, backup.site or backup, backup.server, ask, params=params, resources=holds)


def _enqueue(flow: Flow, ask: Ask, target: Target) -> Operation:
    holds = [f"target:{target.pk}"]
    return enqueue(flow, target.server, target.server, ask, params={"target_id": target.pk}, resources=holds)


def _must_say(kind: str, said: dict[str, Any]) -> None:
    for name in WANTED[kind]:
        if not said.get(name):
            raise Invalid(name, f"{name.capitalize()}: a place of kind {kind} needs it.")
    if kind == Target.Kind.FOLDER and not said["path"].startswith("/"):
        raise Invalid("path", "Path: a folder of this machine begins with /, as /mnt/backups does.")


def _site(slug: str) -> Site | None:
    if not slug:
        return None
    site = Site.objects.filter(slug=slug).first()
    if site is None:
        raise Missing(f"There is no site {slug[:60]}; ./panel site list shows those there are.")
    return site


def _checked_name(name: str) -> str:
    if not NAME.fullmatch(name):
        raise Invalid("name", "A place's name has small letters, digits and -, 40 at most, and begins with a letter.")
    if Target.objects.filter(name=name).exists():
        raise Taken("name", f"There is a place {name} already; choose another name.")
    return name
