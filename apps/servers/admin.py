"""The servers: what each carries; and the FrankenPHPs that its sites run on."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from apps.accounts.fresh import proof_of
from apps.backups import target_rows
from apps.backups.recovery import recovery_of
from apps.lifecycle.key_rotation import may_rotate, rotate_key
from apps.mail.relays import relay_at
from apps.notices.rows import rows
from apps.operations.admin_base import DOOR, PanelAdmin, column, told_as_message, user_of
from apps.operations.asking import Ask
from apps.operations.doors.forms import links_of, look_links
from apps.operations.doors.pages import act_page, look_page
from apps.servers.acts import SERVER
from apps.servers.admin_forms import CreateRuntimeForm
from apps.servers.models import Runtime, Server
from apps.servers.runtimes import PERMISSION

ASKED = "<slug:noun>/<int:subject>/<slug:verb>"


@admin.register(Server)
class ServerAdmin(PanelAdmin):
    list_display = ("name", "number_of_sites", "free_ports", "installed")
    fields = (
        *("name", "number_of_sites", "port_range", "free_ports", "installed", "strangers", "front"),
        *("relay", "recovery", "browsing", "key"),
    )
    readonly_fields = fields
    search_fields = ("name",)
    ordering = ("name",)
    empty_title = "No server"
    empty_text = "Start the panel once with ./panel up: it registers the machine that it runs on."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Server]:
        found = Server.objects.prefetch_related("runtimes", "foreign_ports")
        return found.annotate(site_count=Count("sites", distinct=True))

    def act(self, request: HttpRequest, pk: int, noun: str, subject: int, verb: str) -> HttpResponse:
        """Anything that can be asked for of the server."""
        server = self.get_object(request, str(pk))
        if server is None or not self.has_view_permission(request, server):
            raise Http404
        context = {**self.admin_site.each_context(request), "opts": self.opts}
        return act_page(request, server, noun, subject, verb, context)

    def look(self, request: HttpRequest, pk: int, noun: str, subject: int, verb: str) -> HttpResponse:
        """What is told of the server once."""
        server = self.get_object(request, str(pk))
        if server is None or not self.has_view_permission(request, server):
            raise Http404
        context = {**self.admin_site.each_context(request), "opts": self.opts}
        return look_page(request, server, noun, subject, verb, context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The server, with what may be asked for of it."""
        user = user_of(request)
        server = SERVER.visible_to(user).filter(pk=object_id).first() if object_id.isdigit() else None
        acts = [*links_of(SERVER, server, user), *look_links(SERVER, server, user)] if server else []
        notices = rows(server.notices.filter(site=None), user, busy=False) if server else []
        copies = (
            {"places": target_rows.rows(server, user), "adding": target_rows.adding(server, user)} if server else {}
        )
        more = {"acts": acts, "notices": notices, "key": str(uuid4()), **copies, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, more)

    @column("Relay for mail")
    def relay(self, server: Server) -> str:
        """Of the sites that have none of their own."""
        found = relay_at(server, None)
        return f"{found}, as {found.sender}" if found else "none: mails are not sent"

    @column("Sites", "site_count")
    def number_of_sites(self, server: Server) -> int:
        return int(getattr(server, "site_count", 0))

    @column("Ports for sites")
    def port_range(self, server: Server) -> str:
        return f"{server.first_port} to {server.last_port}"

    @column("Free ports")
    def free_ports(self, server: Server) -> int:
        return len(server.ports) - self.number_of_sites(server) - len(server.foreign_ports.all())

    @column("PHP")
    def installed(self, server: Server) -> str:
        return ", ".join(f"{runtime.php_version} (FrankenPHP {runtime.version})" for runtime in server.runtimes.all())

    @column("Ports that others use")
    def strangers(self, server: Server) -> str:
        return ", ".join(map(str, server.foreign_ports.all())) or "none"

    @column("Front", label={"Up to date": "success", "Loading": "info"})
    def front(self, server: Server) -> str:
        """Whether Caddy has loaded the newest configuration."""
        return "Up to date" if server.front_loaded >= server.front_wanted else "Loading"

    @column("Recovery key")
    def recovery(self, server: Server) -> str:
        return recovery_of(server) or "none: if this server is lost, nothing opens its backups"

    @column("Database browser")
    def browsing(self, server: Server) -> str:
        return "on" if server.browser else "off"

    @column("Key of its secrets")
    def key(self, server: Server) -> str:
        address = reverse("admin:servers_server_key", args=[server.pk])
        return format_html('<a class="fp-link" href="{}">Give it a new one</a>', address)

    def get_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        return [
            path("<int:pk>/key/", guarded(self.rotate_key), name="servers_server_key"),
            path(f"<int:pk>/act/{ASKED}/", guarded(self.act), name="servers_server_act"),
            path(f"<int:pk>/look/{ASKED}/", guarded(self.look), name="servers_server_look"),
            *super().get_urls(),
        ]

    def rotate_key(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show what would be done, and do it for whoever has just shown that it is him."""
        ask, server = Ask(user=user_of(request), door=DOOR), self.get_object(request, str(pk))
        if server is None or not may_rotate(ask):
            raise Http404
        proof = proof_of(request, user_of(request))
        if request.method == "POST" and proof is None:
            with told_as_message(request):
                operation = rotate_key(ask, server)
                return HttpResponseRedirect(reverse("admin:operations_operation_change", args=[operation.pk]))
        title = f"New key: {server}"
        more = {"title": title, "crumb": title, "opts": self.opts, "server": server, "proof": proof}
        context = {**self.admin_site.each_context(request), **more, "plan": rotate_key.plan(ask, server)}
        return TemplateResponse(request, "admin/servers/server/key.html", context)


@admin.register(Runtime)
class RuntimeAdmin(PanelAdmin):
    list_display = ("runtime", "php", "frankenphp", "at_once", "number_of_sites")
    list_display_links = ("runtime",)
    fields = ("name", "server", "php", "frankenphp", "at_once", "number_of_sites", "path")
    readonly_fields = fields
    list_select_related = ("server",)
    search_fields = ("name", "php_version", "path")
    ordering = ("server", "id")
    add_label = "Register runtime"
    empty_title = "No runtime"
    empty_text = "A runtime is an installed FrankenPHP. The panel registers its own when it starts: ./panel up."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Runtime]:
        return Runtime.objects.annotate(site_count=Count("sites"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(PERMISSION)

    @column("Runtime", "name", header=True)
    def runtime(self, runtime: Runtime) -> tuple[str, str]:
        return runtime.name, runtime.path

    @column("PHP", "php_version")
    def php(self, runtime: Runtime) -> str:
        return runtime.php_version

    @column("FrankenPHP", "version")
    def frankenphp(self, runtime: Runtime) -> str:
        return runtime.version

    @column("Requests of a site", "thread_safe")
    def at_once(self, runtime: Runtime) -> str:
        return "several at once" if runtime.thread_safe else "one at a time"

    @column("Sites", "site_count")
    def number_of_sites(self, runtime: Runtime) -> int:
        return int(getattr(runtime, "site_count", 0))

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Register one, once a runner has looked at it."""
        if not self.has_add_permission(request):
            raise Http404
        form = CreateRuntimeForm(request.POST or None)
        if form.is_valid() and (runtime := form.create(user_of(request))):
            messages.success(request, f"{runtime.name} is PHP {runtime.php_version}; sites can be moved to it.")
            return HttpResponseRedirect(reverse("admin:servers_runtime_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "title": "Register a runtime",
            "crumb": "Register a runtime",
            "opts": self.opts,
            "form": form,
        }
        return TemplateResponse(request, "admin/servers/runtime/create.html", context)
