"""The operations: what was asked for, how far it came, and the two things that a person may do about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_GET, require_POST

from apps.operations import steering
from apps.operations.admin_base import DOOR, LAST_POLL, PanelAdmin, column, moment, through, told_as_message, user_of
from apps.operations.asking import Ask
from apps.operations.badges import OPERATION
from apps.operations.live import LiveOperation
from apps.operations.models import Operation
from apps.operations.shown import title_of
from apps.operations.visible import one_visible_to, visible_to
from apps.sites import visible as sites
from apps.sites.models import Site


@admin.register(Operation)
class OperationAdmin(PanelAdmin):
    list_display = ("title", "subject", "state", "asked_by_name", through, "asked")
    list_filter = ("status",)
    search_fields = ("subject_label", "asker")
    ordering = ("-id",)
    empty_title = "No operations"
    empty_text = "Whatever is asked of a server, such as a new site, is written down here step by step."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Operation]:
        return visible_to(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Operation | None = None) -> bool:
        """Everybody in here; the queryset says what of it."""
        return True

    @column("Operation", "flow")
    def title(self, operation: Operation) -> str:
        return title_of(operation.flow)

    @column("Subject", "subject_label")
    def subject(self, operation: Operation) -> str:
        return operation.subject_label

    @column("Status", "status", label=OPERATION)
    def state(self, operation: Operation) -> tuple[str, str]:
        return operation.status, operation.get_status_display()

    @column("Asked by", "asker")
    def asked_by_name(self, operation: Operation) -> str:
        return operation.asker

    @column("Asked", "id")
    def asked(self, operation: Operation) -> str:
        return moment(operation.created_at)

    def get_urls(self) -> list[URLPattern]:
        acts = {"live": self.live, "cancel": self.cancel, "resume": self.resume}
        return [*(self._act(name, view) for name, view in acts.items()), *super().get_urls()]

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        operation = self._operation(request, object_id)
        context = {
            **self.admin_site.each_context(request),
            "title": title_of(operation.flow),
            "crumb": f"{title_of(operation.flow)}: {operation.subject_label}",
            "opts": self.opts,
            "live": LiveOperation(operation),
            "site": _site_of(request, operation),
            "door": through(operation),
        }
        return TemplateResponse(request, "admin/operations/operation/page.html", context)

    @method_decorator(require_GET)
    def live(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The steps alone, for polling. Once it has ended the page is drawn afresh, or left where its site has gone."""
        operation = self._operation(request, pk)
        response = render(request, "admin/operations/operation/steps.html", {"live": LiveOperation(operation)})
        if operation.ended:
            response.status_code = LAST_POLL
            gone = operation.status == Operation.Status.UNDONE
            name, value = ("HX-Redirect", _address(operation)) if gone else ("HX-Refresh", "true")
            response.headers[name] = value
        return response

    @method_decorator(require_POST)
    def cancel(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._steer(request, pk, steering.cancel, "Cancelled: what was done is being taken back.")

    @method_decorator(require_POST)
    def resume(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._steer(request, pk, steering.resume, "Resumed: the rest is being taken back.")

    def _steer(
        self, request: HttpRequest, pk: int, act: Callable[[Ask, Operation], Operation], done: str
    ) -> HttpResponse:
        operation = self._operation(request, pk)
        with told_as_message(request):
            act(Ask(user=user_of(request), door=DOOR), operation)
            messages.success(request, done)
        return HttpResponseRedirect(_address(operation))

    def _operation(self, request: HttpRequest, pk: int | str) -> Operation:
        found = one_visible_to(request.user, int(pk)) if str(pk).isdecimal() else None
        if found is None:
            raise Http404
        return found

    def _act(self, name: str, view: Callable[..., HttpResponse]) -> URLPattern:
        return path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"operations_operation_{name}")


def _address(operation: Operation) -> str:
    return reverse("admin:operations_operation_change", args=[operation.pk])


def _site_of(request: HttpRequest, operation: Operation) -> Site | None:
    """The site that *operation* is about, while there is one."""
    if operation.subject_kind != "site":
        return None
    return sites.visible_to(request.user).filter(pk=operation.subject_id).first()
