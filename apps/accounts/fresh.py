"""Fresh authentication: whoever reads a secret, or does what cannot be taken back, has just shown that it is him.

A sign-in counts for five minutes, and so does the password (with the code of whoever has a second factor) given again.
"""

from __future__ import annotations

import time
from typing import Any, ClassVar

from django import forms
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from django_otp import user_has_device
from unfold.widgets import UnfoldAdminPasswordWidget

from apps.accounts.second_factor import code_field
from apps.accounts.signin import SignInForm
from apps.operations.refusals import Refusal

LASTS = 300
"""Seconds."""
PROVED = "proved"
WRONG = "This password is not yours, or the code is wrong or was used before; try again."


class NotFresh(Refusal):
    code: ClassVar = "fresh-authentication"
    status: ClassVar = 403
    exit: ClassVar = 10


class ProofForm(forms.Form):
    """The password again; and the code, for whoever has a device that shows one."""

    prefix = "proof"
    password = forms.CharField(
        strip=False,
        label="Your password",
        help_text="Again, because this is not for anybody who finds your screen open. It holds for five minutes.",
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "current-password"}),
    )
    code = code_field(required=False, help_text="From your authenticator app, or a recovery code.")

    def __init__(self, request: HttpRequest, user: User) -> None:
        given = f"{self.prefix}-password" in request.POST and "plan" not in request.POST
        super().__init__(request.POST if given else None)
        self.request, self.user = request, user
        if not user_has_device(user):
            del self.fields["code"]

    def clean(self) -> dict[str, Any]:
        """As a sign-in judges it: wrong ones are counted, and shut the door after a while."""
        found = super().clean() or {}
        told = {
            "username": self.user.get_username(),
            "password": found.get("password", ""),
            "otp_token": found.get("code", ""),
        }
        if not self.errors and not SignInForm(self.request, told).is_valid():
            raise forms.ValidationError(WRONG)
        return found


def proof_of(request: HttpRequest, user: User) -> ProofForm | None:
    """The form that asks for it; None where nothing need be asked, or this very request has answered."""
    if is_fresh(request):
        return None
    form = ProofForm(request, user)
    if form.is_valid():
        _note(request)
        return None
    return form


def require_fresh(request: HttpRequest) -> None:
    """For a session at the API, which cannot be asked. Raises NotFresh."""
    if not is_fresh(request):
        raise NotFresh("Sign in again, in the admin, or use a token: this wants a sign-in of the last five minutes.")


def is_fresh(request: HttpRequest) -> bool:
    proved = request.session.get(PROVED, 0)
    return isinstance(proved, int) and 0 <= int(time.time()) - proved < LASTS


@receiver(user_logged_in)
def note_sign_in(request: HttpRequest, **_: object) -> None:
    _note(request)


def _note(request: HttpRequest) -> None:
    request.session[PROVED] = int(time.time())
