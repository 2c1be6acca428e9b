"""The audit log: every request to change something, to read."""

from __future__ import annotations

from django.contrib import admin
from unfold.decorators import display

from apps.audit.models import AuditRow
from apps.operations.admin_base import PanelAdmin


@admin.register(AuditRow)
class AuditAdmin(PanelAdmin):
    list_display = ("at", "who", "action", "subject", "result", "door")
    list_filter = ("outcome", "action", "door")
    search_fields = ("name", "subject_label", "reason")
    fields = ("at", "who", "door", "action", "subject", "result", "reason", "operation_id")
    readonly_fields = fields
    ordering = ("-id",)
    empty_title = "The log is empty"
    empty_text = "Every request to change something is written here, the refused ones too."

    @display(description="Who", ordering="name")
    def who(self, row: AuditRow) -> str:
        return row.name

    @display(description="About", ordering="subject_label")
    def subject(self, row: AuditRow) -> str:
        return f"{row.subject_kind} {row.subject_label}".strip()

    @display(description="Outcome", ordering="outcome", label={"accepted": "success", "refused": "warning"})
    def result(self, row: AuditRow) -> tuple[str, str]:
        return row.outcome, row.get_outcome_display()
