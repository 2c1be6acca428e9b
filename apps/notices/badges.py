"""Colours for what became of a message. Red is only for what needs a hand."""

from __future__ import annotations

from apps.notices.models import Delivery

STATUS = {Delivery.Status.WAITING: "info", Delivery.Status.SENT: "success", Delivery.Status.FAILED: "danger"}
