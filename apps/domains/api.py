"""Domains over HTTP."""

from __future__ import annotations

from apps.domains.acts import DOMAIN
from apps.domains.models import Domain
from apps.operations.doors.http import NounViewSet, with_acts


@with_acts(DOMAIN)
class DomainViewSet(NounViewSet):
    """The domains of the sites that the asker may see."""

    queryset = Domain.objects.none()
    filterset_fields = ("site", "primary", "tls", "dns")
