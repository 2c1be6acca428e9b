"""What of a database is sealed."""

from __future__ import annotations

from apps.databases.models import Database
from apps.operations.sealing import register

register(Database, "sealed_password", "sealed_pending", server="site__server", told="passwords of databases")
