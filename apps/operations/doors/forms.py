"""The table as forms of the admin: each act that asks for something has a page with its plan."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib.auth.models import User
from django.urls import reverse
from unfold.widgets import (
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from apps.operations.admin_base import DOOR, told_in_form
from apps.operations.asking import Ask, digest_of
from apps.operations.doors.table import Act, Field, Noun, confirmed, home_of
from apps.operations.models import Operation
from apps.operations.planning import Plan

TYPED = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}


class SecretLines(UnfoldAdminTextareaWidget):  # type: ignore[misc]
    """What was typed is never shown again."""

    def format_value(self, value: Any) -> None:
        return None


class ActForm(forms.Form):
    """What an act is asked for with. The lifecycle judges it; each of its sentences lands beside its field.

    *key* is made with the page: the form sent twice is one request.
    """

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def __init__(self, data: Any, noun: Noun, act: Act, subject: Any) -> None:
        super().__init__(data)
        self.noun, self.act, self.subject = noun, act, subject
        for field in self.asked:
            self.fields[field.name] = _field(field, subject)
        if act.confirm:
            self.fields["confirm"] = forms.CharField(
                required=False,
                strip=False,
                label=f"Type {self.called} to confirm",
                widget=UnfoldAdminTextInputWidget(attrs={**TYPED, "placeholder": self.called}),
            )

    @property
    def called(self) -> str:
        """What the act is done to. (A form's ``name`` would be its field of that name.)"""
        return self.noun.subject(self.act).called(self.subject)

    @property
    def asked(self) -> list[Field]:
        return [field for field in self.act.fields if field.type != "upload"]

    @property
    def shown(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name != "key"]

    def plan(self, user: User) -> Plan | None:
        """What would be done; None where a field says why not."""
        with told_in_form(self):
            return self.act.entry.plan(replace(self._ask(user), key=""), self.subject, **self._values())
        return None

    def act_on_it(self, user: User) -> Operation | None:
        """Ask for it; None where a field says why not."""
        with told_in_form(self):
            confirmed(self.act, self.called, self.cleaned_data.get("confirm", ""))
            return self.act.entry(self._ask(user), self.subject, **self._values())
        return None

    def _values(self) -> dict[str, Any]:
        given = {field: self.cleaned_data[field.name] for field in self.asked}
        return {field.name: value for field, value in given.items() if not self._is_left_out(field, value)}

    def _is_left_out(self, field: Field, value: Any) -> bool:
        if field.required:
            return False
        omitted = self.fields[field.name].widget.value_omitted_from_data(self.data, self.files, field.name)
        return omitted or value is None or (field.is_secret and not value)

    def _ask(self, user: User) -> Ask:
        said = json.dumps([self.noun.name, self.act.verb, self.subject.pk, self._values()])
        return Ask(user=user, door=DOOR, key=str(self.cleaned_data["key"]), digest=digest_of(said))


@dataclass(frozen=True)
class ActLink:
    """An act as a button: at once where it asks for nothing (*direct*), else by way of its page.

    One that *opens* something does so in a window of its own.
    """

    label: str
    help: str
    url: str
    direct: bool
    is_dangerous: bool
    opens: bool = False


def links_of(noun: Noun, subject: Any, user: User, *, creating: bool = False) -> list[ActLink]:
    """The acts that *user* may do to *subject* as it is now; with *creating*, those that make a *noun* below it."""
    ask = Ask(user=user, door=DOOR)
    offered = [
        act
        for act in noun.acts
        if act.creates == creating and act.offered(subject) and noun.subject(act).allowed(ask, act, subject)
    ]
    return [
        ActLink(act.label, act.help, address_of(noun, act, subject), not act.fields and not act.confirm, act.confirm)
        for act in offered
    ]


def look_links(noun: Noun, subject: Any, user: User) -> list[ActLink]:
    """What *user* may be told once of *subject*, each by way of its page; what opens something, at once."""
    ask, site = Ask(user=user, door=DOOR), noun.site_of(subject)
    return [
        ActLink(
            look.label,
            look.help,
            reverse(f"admin:{home_of(site)}_look", args=[site.pk, noun.name, subject.pk, look.verb]),
            direct=bool(look.opens),
            is_dangerous=False,
            opens=bool(look.opens),
        )
        for look in noun.looks
        if look.told_once and noun.allowed(ask, look, subject)
    ]


@dataclass(frozen=True)
class Row:
    """One of a site's domains, databases …, with what may be done to it. *key* is for the buttons of a row."""

    subject: Any
    acts: list[ActLink]
    key: str


def rows_of(noun: Noun, subjects: Iterable[Any], user: User, *, busy: bool) -> list[Row]:
    """A row for each of *subjects*; where something is at work on the site (*busy*), nothing is offered."""
    return [Row(one, [] if busy else links_of(noun, one, user), str(uuid4())) for one in subjects]


def address_of(noun: Noun, act: Act, subject: Any) -> str:
    of = noun.subject(act)
    whose = of.site_of(subject)
    return reverse(f"admin:{home_of(whose)}_act", args=[whose.pk, noun.name, subject.pk, act.verb])


def _field(field: Field, subject: Any) -> forms.Field:
    told: dict[str, Any] = {
        "required": False,
        "label": field.title,
        "help_text": field.help,
        "initial": field.initial(subject) if field.initial else None,
    }
    if field.choices is not None:
        return forms.CharField(widget=UnfoldAdminSelectWidget(choices=list(field.choices(subject))), **told)
    match field.type:
        case "flag":
            return forms.BooleanField(widget=UnfoldBooleanWidget, **told)
        case "number":
            return forms.IntegerField(widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric"}), **told)
        case "secret":
            widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"})
            return forms.CharField(strip=False, widget=widget, **told)
        case "lines" | "secret-lines":
            area = (SecretLines if field.is_secret else UnfoldAdminTextareaWidget)(attrs={**TYPED, "rows": 6})
            return forms.CharField(strip=False, widget=area, **told)
    return forms.CharField(strip=False, widget=UnfoldAdminTextInputWidget(attrs=TYPED), **told)
