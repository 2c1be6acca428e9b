"""Colours for what became of a mail. Red is only for what needs a hand."""

from __future__ import annotations

from apps.mail.models import Mail

STATUS = {Mail.Status.WAITING: "info", Mail.Status.SENT: "success", Mail.Status.FAILED: "danger"}
