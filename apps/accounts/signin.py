"""Signing in: a name, a password, and the code of whoever has a second factor."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django_otp import user_has_device
from django_otp.forms import OTPAuthenticationFormMixin
from django_otp.models import Device
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.forms import AuthenticationForm

from apps.accounts.recovery import RecoveryCodes
from apps.accounts.second_factor import code_field


class SignInForm(OTPAuthenticationFormMixin, AuthenticationForm):
    has_device = False
    otp_token = code_field(
        required=False, help_text="From your authenticator app, or a recovery code. Empty before your first sign-in."
    )
    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": "This name and password do not open the panel. Check both, capital letters too.",
    }
    otp_error_messages = {
        **OTPAuthenticationFormMixin.otp_error_messages,
        "token_required": "Enter your password again, and the code that your authenticator app shows.",
        "invalid_token": "This code is wrong or was used before; wait for the next one and enter it.",
        "device_required": "You have no device for such a code; use the other kind, or ask the host's staff.",
    }

    def clean(self) -> dict[str, Any]:
        """Who has a device must show it, whether or not everybody must."""
        self.cleaned_data = super().clean()
        user = self.get_user()
        if user is not None and user_has_device(user):
            self.has_device = True
            self.clean_otp(user)
        return self.cleaned_data

    @property
    def asks_for_code(self) -> bool:
        """Where nobody must have one, a second factor is spoken of to those who do."""
        return settings.REQUIRE_2FA or self.has_device or "otp_token" in self.data

    def _chosen_device(self, user: User) -> Device | None:
        """Digits are an authenticator's, anything else is a recovery code: nobody needs to choose."""
        code = self.cleaned_data.get("otp_token") or ""
        kind = TOTPDevice if code.isascii() and code.isdigit() else RecoveryCodes
        return kind.objects.select_for_update().filter(user=user, confirmed=True).first()

    def _update_form(self, user: User) -> None:
        """The mixin would send the password back in the page; it is typed again instead."""
