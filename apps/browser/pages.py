"""The link's page under the panel's name: it starts what the link leads to, and leads on."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from apps.accounts.address import client_address
from apps.browser.opening import open_link
from apps.operations.admin_base import REFUSALS, user_of
from apps.operations.telling import refusal_of


@require_GET
@never_cache
def follow(request: HttpRequest, secret: str) -> HttpResponse:
    """Whoever has not signed in comes here after that. A page leads on, for a form's redirection may not go there."""
    context, status = {**admin.site.each_context(request), "title": "Database browser"}, 200
    try:
        session = request.session.session_key or ""
        context["to"] = open_link(user_of(request), session, client_address(request), secret)
    except REFUSALS as error:
        refusal = refusal_of(error)
        context["reason"], status = str(refusal), refusal.status
    return TemplateResponse(request, "admin/browse.html", context, status=status)
