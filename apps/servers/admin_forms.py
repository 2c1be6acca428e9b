"""The form that registers a FrankenPHP."""

from __future__ import annotations

from django import forms
from django.contrib.auth.models import User
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.operations.admin_base import DOOR, told_in_form
from apps.operations.asking import Ask
from apps.servers.models import Runtime
from apps.servers.runtimes import create_runtime

TYPED = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}


class CreateRuntimeForm(forms.Form):
    """Each sentence of a refusal lands beside its field."""

    name = forms.CharField(
        required=False,
        strip=False,
        help_text="Small letters, digits, hyphens and dots. Sites are moved to it by this name.",
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "php-8.4", **TYPED}),
    )
    path = forms.CharField(
        required=False,
        strip=False,
        help_text="Where the program is on this server. The sites' users must be able to start it.",
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "/opt/php-8.4/frankenphp", **TYPED}),
    )

    def create(self, user: User) -> Runtime | None:
        """The new runtime; None where a field says why not."""
        with told_in_form(self):
            return create_runtime(Ask(user=user, door=DOOR), self.cleaned_data["name"], self.cleaned_data["path"])
        return None
