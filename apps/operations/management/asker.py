"""Who acts on the command line: whoever may run it rules the panel already, so he only says in whose name."""

from __future__ import annotations

import json
from argparse import Namespace
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User

from apps.operations.asking import Ask, digest_of
from apps.operations.refusals import Forbidden, Invalid, Missing

CONSOLE = "console"
LONGEST_KEY = 200


def user_of(options: Namespace) -> User:
    """The user of ``--as``, else ``console``: a superuser without a password, made the first time it is needed."""
    if options.user is None:
        powers = {"is_superuser": True, "is_staff": True, "password": make_password(None)}
        user: User | None = User.objects.get_or_create(username=CONSOLE, defaults=powers)[0]
    else:
        user = User.objects.filter(username=options.user).first()
    if user is None:
        raise Missing(f"There is no user {options.user[:60]}; look at the names in the admin.")
    if not user.is_active:
        raise Forbidden(f"The user {user.get_username()} is not active; choose another with --as.")
    return user


def ask_of(options: Namespace, **request: Any) -> Ask:
    """The command as a lifecycle's Ask. *request* is what it asks for: the same key must come with the same."""
    key = getattr(options, "idempotency_key", None) or ""
    if len(key) > LONGEST_KEY:
        raise Invalid("idempotency-key", f"A key has at most {LONGEST_KEY} characters; choose a shorter one.")
    digest = digest_of(json.dumps(request, sort_keys=True)) if key else ""
    return Ask(user=user_of(options), door="command", key=key, digest=digest, or_wait=getattr(options, "queue", False))
