"""The API's addresses."""

from __future__ import annotations

from typing import ClassVar

from django.http import Http404
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView

from apps.accounts.api import TokenViewSet
from apps.accounts.permissions import ANY, SignedIn
from apps.backups.api import BackupViewSet
from apps.backups.schedule_api import ScheduleViewSet
from apps.backups.target_api import TargetViewSet
from apps.cron.api import CronViewSet
from apps.databases.api import DatabaseViewSet
from apps.domains.api import DomainViewSet
from apps.notices.api import NoticeViewSet
from apps.operations.api import OperationViewSet
from apps.servers.api import KeyViewSet, RuntimeViewSet, ServerViewSet
from apps.sites.api import SiteViewSet
from apps.workers.api import WorkerViewSet


class Schema(SpectacularAPIView):
    """The API, described as OpenAPI."""

    permission_classes = (SignedIn,)
    needs: ClassVar = {"get": ANY}


class Nothing(APIView):
    """Every other address below /api/: a problem document instead of a page."""

    schema = None
    needs: ClassVar = dict.fromkeys(("get", "post", "put", "patch", "delete"), ANY)

    def get(self, request: Request) -> Response:
        raise Http404

    post = put = patch = delete = get


router = SimpleRouter()
router.register("backups", BackupViewSet, "backup")
router.register("targets", TargetViewSet, "target")
router.register("schedules", ScheduleViewSet, "schedule")
router.register("sites", SiteViewSet, "site")
router.register("crons", CronViewSet, "cron")
router.register("databases", DatabaseViewSet, "database")
router.register("domains", DomainViewSet, "domain")
router.register("workers", WorkerViewSet, "worker")
router.register("notices", NoticeViewSet, "notice")
router.register("operations", OperationViewSet, "operation")
router.register("servers", ServerViewSet, "server")
router.register("runtimes", RuntimeViewSet, "runtime")
router.register("keys", KeyViewSet, "key")
router.register("tokens", TokenViewSet, "token")

urlpatterns = [
    path("v1/", include(router.urls)),
    path("v1/schema/", Schema.as_view(), name="schema"),
    re_path("", Nothing.as_view()),
]
