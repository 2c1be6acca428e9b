"""What can be asked for of places for copies, at every door: by the host's people."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import QuerySet

from apps.backups.models import Target
from apps.backups.target_shapes import TargetShape
from apps.lifecycle.target import SCOPE, SERVERS, create_target, delete_target, try_target
from apps.operations.asking import Ask
from apps.operations.doors.table import Act, Field, Look, Noun
from apps.servers.models import Server


def _visible_to(user: User | AnonymousUser) -> QuerySet[Target]:
    seen = user.is_active and user.has_perm("servers.view_server")
    return Target.objects.select_related("server", "site") if seen else Target.objects.none()


def _allowed(ask: Ask, act: Act | Look, subject: Server | Target) -> bool:
    return ask.may(act.scope, act.permission)


def _kinds(server: Server) -> list[tuple[str, str]]:
    return [(str(value), str(label)) for value, label in Target.Kind.choices]


TARGET = Noun(
    name="target",
    label="Places for copies",
    key="name",
    columns=("id", "name", "kind", "where", "site", "active", "copies"),
    shape=TargetShape,
    visible_to=_visible_to,
    site_of=lambda target: target.server,
    allowed=_allowed,
    parent="server",
    acts=(
        Act(
            "create",
            create_target,
            SCOPE,
            SERVERS,
            "Add place for copies",
            "Copy the backups of a server's sites elsewhere too: each copy is compared with what was written.",
            "./panel target create local away s3 --bucket backups --login AKIA… --secret-file F",
            fields=(
                Field("name", "What you call it: small letters, digits and -."),
                Field("kind", "folder, s3 or sftp.", choices=_kinds),
                Field("path", "The folder: of this machine, in the bucket, or at the SSH server.", required=False),
                Field("bucket", "Of S3.", required=False),
                Field("endpoint", "Of S3, as in https://s3.example.com. Empty: Amazon's.", required=False),
                Field("region", "Of S3. Empty: us-east-1.", required=False),
                Field("host", "Of SFTP.", required=False),
                Field("port", "Of SFTP. Empty: 22.", "number", required=False),
                Field("host_key", "Of SFTP, as in known_hosts. Empty: it is asked once.", required=False),
                Field("login", "The key's id at S3, or who logs in at SFTP.", required=False),
                Field("secret", "The secret key at S3, or the password at SFTP.", "secret", required=False),
                Field("private_key", "Instead of a password, at SFTP.", "secret-lines", required=False),
                Field("site", "Only for the site of this slug. Empty: for all.", required=False),
            ),
            creates=True,
        ),
        Act(
            "test",
            try_target,
            SCOPE,
            SERVERS,
            "Test",
            "Put a small file to a place for copies, read it back and remove it.",
            "./panel target test away",
        ),
        Act(
            "delete",
            delete_target,
            SCOPE,
            SERVERS,
            "Remove",
            "Copy nothing to a place any more. What lies there stays, and is yours to remove.",
            "./panel target delete away",
            confirm=True,
        ),
    ),
)
