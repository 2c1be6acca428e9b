"""What every page of the admin has in common: it reads, and a refusal becomes a sentence on the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NoReturn, TypeVar, cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import OperationalError
from django.db.models import ForeignKey, ManyToManyField, Model
from django.forms import Form, ModelChoiceField, ModelMultipleChoiceField
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.formats import date_format
from django.utils.timezone import localtime
from unfold.admin import ModelAdmin
from unfold.decorators import display

from apps.host.errors import HostError
from apps.operations.refusals import Invalid, Refusal
from apps.operations.telling import refusal_of

FILTER_ENDS = ("", "__exact", "__id__exact", "__in", "__isnull", "__gte", "__lt", "__lte")
"""How a filter that a page offers may be written in its address."""
Method = TypeVar("Method", bound=Callable[..., Any])
DOOR = "admin"
DOORS = {DOOR: "This panel", "api": "API", "command": "Command line", "link": "A link"}
LAST_POLL = 286
"""htmx's own status: take this answer, and ask no more."""
REFUSALS = (Refusal, HostError, ValidationError, OperationalError)


def user_of(request: HttpRequest) -> User:
    """Who is at the page: behind the admin's door nobody is anonymous."""
    return cast("User", request.user)


def moment(at: datetime | None) -> str:
    """A time as the panel writes it everywhere: ``23 Nov 2026, 20:55 UTC``."""
    return date_format(localtime(at), "j M Y, H:i T") if at else "never"


@contextmanager
def told_as_message(request: HttpRequest) -> Iterator[None]:
    """Show a refusal at the head of the next page."""
    try:
        yield
    except REFUSALS as error:
        messages.error(request, str(refusal_of(error)))


@contextmanager
def told_in_form(form: Form) -> Iterator[None]:
    """Show a refusal beside the field that it is about, else above the form."""
    try:
        yield
    except REFUSALS as error:
        refusal = refusal_of(error)
        field = refusal.field if isinstance(refusal, Invalid) and refusal.field in form.fields else None
        form.add_error(field, str(refusal))


def column(
    description: str, ordering: str | None = None, *, label: Mapping[Any, str] | None = None, **how: bool
) -> Callable[[Method], Method]:
    """A method as a column of a list: its head, what it is sorted by, and with *label* the colour of each value."""
    decorate: Callable[[Method], Method] = display(
        description=description, ordering=ordering, label=dict(label) if label else None, **how
    )
    return decorate


@column("Through", "door")
def through(record: Any) -> str:
    """A column: the door that something was asked through."""
    return DOORS.get(record.door, record.door)


class PanelAdmin(ModelAdmin):
    """Pages that show and change nothing: acts go through a lifecycle, from a view of their own.

    A subclass says in ``get_queryset`` what somebody may see; lists, pages and the choices of a field follow it.
    """

    actions = None
    list_per_page = 25
    list_max_show_all = 0
    show_full_result_count = False
    empty_value_display = "—"
    add_label = ""
    empty_title = "Nothing here yet"
    empty_text = ""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nothing is deleted here: deletion is a lifecycle, and cascades to nothing."""
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Filters that the page offers, no others: ``?password__startswith=`` would read a secret bit by bit."""
        offered = {str(entry[0] if isinstance(entry, tuple) else entry) for entry in self.list_filter}
        return any(lookup == f"{name}{end}" for name in offered for end in FILTER_ENDS)

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **options: Any
    ) -> ModelChoiceField[Any] | None:
        options["queryset"] = self._choices(db_field.remote_field.model, request)
        return super().formfield_for_foreignkey(db_field, request, **options)

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **options: Any
    ) -> ModelMultipleChoiceField[Any] | None:
        options["queryset"] = self._choices(db_field.remote_field.model, request)
        return super().formfield_for_manytomany(db_field, request, **options)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """A refusal while saving leads back to the page, with its sentence."""
        with told_as_message(request):
            return super().changeform_view(request, *args, **kwargs)
        return HttpResponseRedirect(request.get_full_path())

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> NoReturn:
        """What happened to a record stands in its operations and in the audit log."""
        raise Http404

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> NoReturn:
        """Somebody else's record is as little there as one that never was."""
        raise Http404

    def _choices(self, model: type[Model], request: HttpRequest) -> Any:
        """Only what this person may see can be chosen."""
        page = self.admin_site._registry.get(model)
        if page is None or not page.has_view_permission(request):
            return model._default_manager.none()
        return page.get_queryset(request)
