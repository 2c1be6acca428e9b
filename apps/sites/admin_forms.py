"""The form that asks for a site."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, TypedDict
from uuid import uuid4

from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from django.http import QueryDict
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from apps.lifecycle.site import create_site
from apps.operations.admin_base import DOOR, told_in_form
from apps.operations.asking import Ask, digest_of
from apps.operations.models import Operation
from apps.operations.planning import Plan
from apps.servers.models import Runtime
from apps.sites.kinds import KINDS
from apps.sites.kinds.base import Kind

WITH_DATABASE = [kind.label for kind in KINDS.values() if kind.needs_database]


class _More(TypedDict):
    database: bool
    runtime: str


class CreateSiteForm(forms.Form):
    """What a site is asked for with. The lifecycle judges it; each of its sentences lands beside its field.

    *key* is made with the page: the form sent twice is one request, and gives one site.
    """

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    kind = forms.CharField(required=False, strip=False)
    name = forms.CharField(
        required=False,
        strip=False,
        help_text="As you call it. The site's folder and accounts are named after it.",
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "My shop", "autocomplete": "off"}),
    )
    domain = forms.CharField(
        required=False,
        strip=False,
        help_text="The site's first address. Its DNS should point to this server.",
        widget=UnfoldAdminTextInputWidget(
            attrs={"placeholder": "shop.example.com", "autocomplete": "off", "autocapitalize": "none"}
        ),
    )
    database = forms.BooleanField(
        required=False,
        label="With a MySQL database",
        widget=UnfoldBooleanWidget,
        help_text=f"{' and '.join(WITH_DATABASE)} have one anyway.",
    )
    runtime = forms.CharField(
        required=False,
        strip=False,
        label="PHP",
        help_text="What it runs on. It can be moved to another one later.",
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(choices := _runtimes()) > 1:
            self.fields["runtime"].widget.choices = choices
        else:
            del self.fields["runtime"]  # nothing to choose

    def plan(self, user: User) -> Plan | None:
        """What would be done; None where a field says why not."""
        ask = replace(self._ask(user), key="")
        with told_in_form(self):
            return create_site.plan(ask, *self._words, **self._more)
        return None

    def create(self, user: User) -> Operation | None:
        """Ask for the site; None where a field says why not."""
        with told_in_form(self):
            return create_site(self._ask(user), *self._words, **self._more)
        return None

    def renew_key(self) -> None:
        """A refused form is a new request when it comes again: it may be changed by then."""
        self.data = {**self.data.dict(), "key": str(uuid4())} if isinstance(self.data, QueryDict) else self.data

    @property
    def kinds(self) -> list[dict[str, str | bool]]:
        """The kinds to choose from: whole applications first, and of those what can be had everywhere."""
        kinds = sorted(KINDS.values(), key=lambda kind: (not kind.needs_database, not _is_everywhere(kind)))
        chosen = self["kind"].value() or kinds[0].key
        return [
            {"key": kind.key, "label": kind.label, "database": kind.needs_database, "chosen": kind.key == chosen}
            for kind in kinds
        ]

    @property
    def _words(self) -> tuple[str, str, str]:
        return self.cleaned_data["name"], self.cleaned_data["kind"], self.cleaned_data["domain"]

    @property
    def _more(self) -> _More:
        return {"database": self.cleaned_data["database"], "runtime": self.cleaned_data.get("runtime", "")}

    def _ask(self, user: User) -> Ask:
        said = json.dumps([*self._words, *self._more.values()])
        digest = digest_of(said)
        return Ask(user=user, door=DOOR, key=str(self.cleaned_data["key"]), digest=digest)


def _runtimes() -> list[tuple[str, str]]:
    """Those of the server that a new site goes to, its first one first."""
    there = Runtime.objects.filter(server__name=settings.SERVER).order_by("id")
    return [(runtime.name, f"{runtime.php_version} ({runtime.name})") for runtime in there]


def _is_everywhere(kind: Kind) -> bool:
    return bool(kind.source and kind.source.debian)
