"""The sites: a list, a form that asks for one, and a page that shows one."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin import ChoicesFieldListFilter, RelatedOnlyFieldListFilter, SimpleListFilter
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from apps.operations.admin_base import LAST_POLL, PanelAdmin, column, told_as_message, user_of
from apps.operations.doors.pages import act_page, look_page
from apps.operations.models import Operation
from apps.operations.refusals import Missing
from apps.sites.admin_forms import CreateSiteForm
from apps.sites.admin_maintenance import MAINTENANCE
from apps.sites.badges import NEEDED, NEEDS_A_HAND, SITE, kind_label
from apps.sites.dashboard import running
from apps.sites.kept import with_until
from apps.sites.kinds import KINDS
from apps.sites.models import Site
from apps.sites.overview import Overview
from apps.sites.tabs import register, tab_of, tabs_of
from apps.sites.visible import listed, visible_to
from apps.workers.shapes import word_of

register(MAINTENANCE)


class StatusFilter(ChoicesFieldListFilter):
    """Deleted sites are listed where they are asked for."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Site]) -> QuerySet[Site]:
        if not self.lookup_val:
            return listed(queryset, "")
        return super().queryset(request, queryset)  # type: ignore[return-value]


class KindFilter(SimpleListFilter):
    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, page: Any) -> list[tuple[str, str]]:
        return [(kind.key, kind.label) for kind in KINDS.values()]

    def queryset(self, request: HttpRequest, sites: QuerySet[Site]) -> QuerySet[Site]:
        return sites.filter(kind=self.value()) if self.value() else sites


@admin.register(Site)
class SiteAdmin(PanelAdmin):
    list_display = ("site", "state", "kind_name", "php", "server_name")
    list_display_links = ("site",)
    list_filter = (("status", StatusFilter), KindFilter, ("server", RelatedOnlyFieldListFilter))
    search_fields = ("name", "slug", "domains__host")
    search_help_text = "Name or address"
    ordering = ("name", "id")
    add_label = "Create site"
    empty_title = "No sites"
    empty_text = "A site gets its own folder, database, process and address. Create one, and watch it being made."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Site]:
        stuck = Operation.objects.filter(subject_kind="site", subject_id=OuterRef("pk"), status=Operation.Status.STUCK)
        found = visible_to(request.user).select_related("server", "runtime", "worker", "schedule")
        return with_until(found.annotate(stuck=Exists(stuck))).prefetch_related("domains")

    def has_view_permission(self, request: HttpRequest, obj: Site | None = None) -> bool:
        """Everybody in here; the queryset says what of it."""
        return True

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("sites.add_site")

    @column("Site", "name", header=True)
    def site(self, site: Site) -> tuple[str, str]:
        until = getattr(site, "kept_until", None)
        return site.name, f"goes on {date_format(localtime(until))}" if until else next(iter(site.hosts), "")

    @column("Status", "status", label=SITE | NEEDED)
    def state(self, site: Site) -> tuple[str, str]:
        stuck = getattr(site, "stuck", False)
        if stuck or word_of(site) == "down":
            return (NEEDS_A_HAND, NEEDS_A_HAND)
        return (site.status, site.get_status_display())

    @column("Kind", "kind")
    def kind_name(self, site: Site) -> str:
        return kind_label(site)

    @column("PHP", "runtime__php_version")
    def php(self, site: Site) -> str:
        return site.runtime.php_version

    @column("Server", "server__name")
    def server_name(self, site: Site) -> str:
        return site.server.name

    def get_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        return [
            path("running/", guarded(self.running), name="sites_site_running"),
            path("<int:pk>/credentials/", guarded(self.credentials), name="sites_site_credentials"),
            path("<int:pk>/tab/<slug:key>/", guarded(self.tab), name="sites_site_tab"),
            path("<int:pk>/act/<slug:noun>/<int:subject>/<slug:verb>/", guarded(self.act), name="sites_site_act"),
            path("<int:pk>/look/<slug:noun>/<int:subject>/<slug:verb>/", guarded(self.look), name="sites_site_look"),
            *super().get_urls(),
        ]

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Ask for a site, or for the plan of one; then watch it being made on its own page."""
        if not self.has_add_permission(request):
            raise Http404
        form, plan = CreateSiteForm(request.POST or None, initial=request.GET.dict()), None
        if form.is_valid() and "plan" in request.POST:
            plan = form.plan(user_of(request))
        elif form.is_valid() and (operation := form.create(user_of(request))):
            return HttpResponseRedirect(_page_of(operation))
        if form.errors:
            form.renew_key()
        context = {
            **self.admin_site.each_context(request),
            "title": "Create a site",
            "crumb": "Create a site",
            "opts": self.opts,
            "form": form,
            "plan": plan,
        }
        return TemplateResponse(request, "admin/sites/site/create.html", context)

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._overview(request, self._site(request, object_id))

    @method_decorator(require_POST)
    def credentials(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the first password of the site's application: this once."""
        overview = Overview(self._site(request, pk), user_of(request))
        shown = None
        with told_as_message(request):
            shown = overview.read_credentials()
        response = self._overview(request, overview.site, credentials=shown)
        response.headers["Cache-Control"] = "no-store"
        return response

    @method_decorator(require_GET)
    def tab(self, request: HttpRequest, pk: int, key: str) -> HttpResponse:
        """One side of the site: its domains, its databases, its logs …"""
        site = self._site(request, pk)
        try:
            tab = tab_of(site, key)
        except Missing as missing:
            raise Http404 from missing
        return self._overview(request, site, tab.template, tab=tab, **tab.context(request, site))

    def act(self, request: HttpRequest, pk: int, noun: str, subject: int, verb: str) -> HttpResponse:
        """Anything that can be asked for of the site, or of what belongs to it."""
        site = self._site(request, pk)
        context = {**self.admin_site.each_context(request), "opts": self.opts}
        return act_page(request, site, noun, subject, verb, context)

    @method_decorator(never_cache)
    def look(self, request: HttpRequest, pk: int, noun: str, subject: int, verb: str) -> HttpResponse:
        """What is told once of the site, or of what belongs to it: a password."""
        site = self._site(request, pk)
        context = {**self.admin_site.each_context(request), "opts": self.opts}
        return look_page(request, site, noun, subject, verb, context)

    @method_decorator(require_GET)
    def running(self, request: HttpRequest) -> HttpResponse:
        """What runs now, for the dashboard to poll until nothing does."""
        at_work = running(request)
        response = render(request, "admin/running.html", {"running": at_work})
        if not any(not live.operation.ended for live in at_work):
            response.status_code = LAST_POLL
            response.headers["HX-Refresh"] = "true"
        return response

    def _overview(
        self, request: HttpRequest, site: Site, template: str = "", **more: Any
    ) -> HttpResponse:
        overview = Overview(site, user_of(request))
        context = {
            **self.admin_site.each_context(request),
            "title": site.name,
            "crumb": site.name,
            "opts": self.opts,
            "overview": overview,
            "tabs": tabs_of(site),
            **more,
        }
        return TemplateResponse(request, template or overview.template, context)

    def _site(self, request: HttpRequest, pk: int | str) -> Site:
        found = self.get_object(request, str(pk))
        if found is None:
            raise Http404
        return found


def _page_of(operation: Operation) -> str:
    """The new site's page; the operation's, where the site is gone again by now."""
    if Site.objects.filter(pk=operation.subject_id).exists():
        return reverse("admin:sites_site_change", args=[operation.subject_id])
    return reverse("admin:operations_operation_change", args=[operation.pk])
