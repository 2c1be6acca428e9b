"""The admin's door: who may come in, how, and what stands behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import update_wrapper
from time import monotonic
from typing import Any

from django import forms
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Paginator
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.module_loading import import_string
from django.views.decorators.cache import never_cache
from unfold.sites import UnfoldAdminSite

from apps.accounts.second_factor import code_field, is_verified, may_set_up, setup_of
from apps.accounts.signin import SignInForm
from apps.operations.admin_base import PanelAdmin

View = Callable[..., HttpResponseBase]


class CodeForm(forms.Form):
    code = code_field()


class PanelAdminSite(UnfoldAdminSite):
    """One admin for all. Nobody is in before the second factor, where it is asked for."""

    login_form = SignInForm
    index_title = "Dashboard"

    def register(
        self, model: type[Model] | Iterable[type[Model]], admin_class: type[Any] | None = None, **options: Any
    ) -> None:
        """Take the panel's own pages only: other packages' would show secrets, and change records past a lifecycle."""
        if admin_class is not None and issubclass(admin_class, PanelAdmin):
            super().register(model, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active and request.user.is_staff and is_verified(request.user)

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """As Django's; but a part of a page that lost its session sends the whole page to the sign-in."""
        guarded = super().admin_view(view, cacheable)

        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.headers.get("HX-Request") and not self.has_permission(request):
                return HttpResponse(status=401, headers={"HX-Redirect": reverse("admin:login")})
            return guarded(request, *args, **kwargs)

        return update_wrapper(inner, guarded)

    def extra_urls(self) -> list[URLPattern]:
        return [path("second-factor/", self.second_factor, name="second_factor")]

    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Sign in; who has yet to set up a second factor is sent there."""
        if request.method == "GET" and not is_verified(request.user) and may_set_up(request.user):
            return HttpResponseRedirect(reverse("admin:second_factor"))
        return super().login(request, extra_context)

    @method_decorator(never_cache)
    def second_factor(self, request: HttpRequest) -> HttpResponse:
        """Set up an authenticator, or prove it again for new recovery codes."""
        user = request.user
        if not isinstance(user, User) or not may_set_up(user):
            return redirect_to_login(request.get_full_path(), reverse("admin:login"), REDIRECT_FIELD_NAME)
        setup, form = setup_of(user), CodeForm(request.POST or None)
        if form.is_valid():
            codes = setup.prove(request, form.cleaned_data["code"])
            if codes is not None:
                return self._page(request, "recovery_codes", title="Your recovery codes", codes=codes)
            form.add_error("code", "This code is wrong or was used before; wait for the next one and enter it.")
        return self._page(request, "second_factor", title="Your second factor", form=form, setup=setup)

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """What the search box finds, looked up each time: a kept answer would still show a site that was revoked."""
        began, term = monotonic(), request.GET.get("s", "").strip().lower()
        if not term:
            return HttpResponse()
        sites = import_string(self._get_config("COMMAND", request)["search_callback"])
        results = [*sites(request, term), *self._search_apps(self.get_app_list(request), term)]
        page = Paginator(results, max(len(results), 1)).page(1)
        context = {"results": page, "page_obj": page.paginator, "page_counter": 0}
        context["execution_time"] = monotonic() - began
        return TemplateResponse(
            request, "unfold/helpers/command_results.html", context, headers={"HX-Trigger": "search"}
        )

    def _page(self, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
        return TemplateResponse(request, f"admin/{template}.html", {**self.each_context(request), **context})

