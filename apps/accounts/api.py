"""One's own tokens over HTTP."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import User
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from apps.accounts.asking_http import ask_of, user_of
from apps.accounts.models import ApiToken
from apps.accounts.shapes import NewTokenShape, TokenShape
from apps.accounts.tokens import SCOPE, create_token, revoke_token
from frankenpanel.parsers import SmallJSON
from frankenpanel.strict import StrictSerializer


class TokenRequest(StrictSerializer):
    name = serializers.CharField(allow_blank=True)
    scopes = serializers.ListField(child=serializers.CharField(), help_text="site:create, site:read …")
    days = serializers.IntegerField(help_text="How long it lives: 1 to 365.")


class TokenViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[ApiToken]):
    """The asker's own tokens."""

    queryset = ApiToken.objects.none()
    serializer_class = TokenShape
    parser_classes = (SmallJSON,)
    lookup_value_regex = "[0-9]{1,18}"
    needs: ClassVar = {"list": SCOPE, "retrieve": SCOPE, "create": SCOPE, "destroy": SCOPE}

    def get_queryset(self) -> QuerySet[ApiToken]:
        user = self.request.user
        return ApiToken.objects.filter(user=user) if isinstance(user, User) else ApiToken.objects.none()

    @extend_schema(request=TokenRequest, responses={201: NewTokenShape})
    def create(self, request: Request) -> Response:
        """Create a token. Its text is in this answer and never again."""
        asked = TokenRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        token, text = create_token(ask_of(request), user_of(request), **asked.validated_data)
        token.token = text  # type: ignore[attr-defined]
        return Response(NewTokenShape(token).data, 201, headers={"Cache-Control": "no-store"})

    def destroy(self, request: Request, pk: str) -> Response:
        """Revoke it, from this moment on."""
        revoke_token(ask_of(request), self.get_object())
        return Response(status=204)
