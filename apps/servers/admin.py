"""The servers: what each carries, and which FrankenPHPs it has."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from apps.operations.admin_base import PanelAdmin, column
from apps.servers.models import Server


@admin.register(Server)
class ServerAdmin(PanelAdmin):
    list_display = ("name", "number_of_sites", "free_ports", "installed")
    fields = ("name", "number_of_sites", "port_range", "free_ports", "installed", "strangers", "front")
    readonly_fields = fields
    search_fields = ("name",)
    ordering = ("name",)
    empty_title = "No server"
    empty_text = "Start the panel once with ./panel up: it registers the machine that it runs on."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Server]:
        found = Server.objects.prefetch_related("runtimes", "foreign_ports")
        return found.annotate(site_count=Count("sites", distinct=True))

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
