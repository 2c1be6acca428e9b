"""The audit log: every request to change something, to read."""

from __future__ import annotations

from django.contrib import admin

from apps.audit.models import AuditRow
from apps.operations.admin_base import PanelAdmin, column, moment, through


@admin.register(AuditRow)
class AuditAdmin(PanelAdmin):
    list_display = ("when", "who", "asked_for", "subject", "result", through)
    list_filter = ("outcome", "action", "door")
    search_fields = ("name", "subject_label", "reason")
    fields = ("when", "who", through, "asked_for", "subject", "outcome", "reason", "operation")
    readonly_fields = fields
    ordering = ("-id",)
    empty_title = "The log is empty"
    empty_text = "Every request to change something is written here, the refused ones too."

    @column("When", "id")
    def when(self, row: AuditRow) -> str:
        return moment(row.at)

    @column("Who", "name")
    def who(self, row: AuditRow) -> str:
        return row.name

    @column("Request", "action")
    def asked_for(self, row: AuditRow) -> str:
        return row.action

    @column("About", "subject_label")
    def subject(self, row: AuditRow) -> str:
        return f"{row.subject_kind} {row.subject_label}".strip()

    @column("Operation")
    def operation(self, row: AuditRow) -> str:
        return str(row.operation_id or "")

    @column("Outcome", "outcome", label={"accepted": "success", "refused": "warning"})
    def result(self, row: AuditRow) -> tuple[str, str]:
        return row.outcome, row.get_outcome_display()
