"""Colours for a database's states. Red is only for what needs a hand."""

from __future__ import annotations

from apps.databases.models import Database

STATUS = {
    Database.Status.CREATING: "info",
    Database.Status.ACTIVE: "success",
    Database.Status.DELETING: "info",
    Database.Status.DELETED: "",
}
