from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from apps.backups.sent import by_link
from apps.browser.pages import follow
from frankenpanel.health import up

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    path("up", up, name="up"),
    path("admin/browse/<str:secret>/", admin.site.admin_view(follow), name="browse"),
    path("admin/", admin.site.urls),
    path("download/<str:token>/", by_link, name="backup-link"),
    path("api/", include("frankenpanel.api")),
]

handler500 = "frankenpanel.fault.told"
