"""Who may use the API at all. What somebody may do with it, the lifecycle functions decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from apps.accounts.models import ApiToken
from apps.accounts.second_factor import is_verified

if TYPE_CHECKING:
    from rest_framework.views import APIView

ANY = ""
"""The need of an action that every token may do."""


class SignedIn(BasePermission):
    """A user who came in with a token, or in a session that is past the second factor where one is required.

    A view says in ``needs`` which scope each of its actions (or methods) takes. What it does not name is refused.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not request.user or not request.user.is_authenticated or not request.user.is_active:
            return False
        if isinstance(request.auth, ApiToken):
            _require_scope(request.auth, request, view)
        elif not is_verified(request.user):
            raise PermissionDenied(
                "Sign in with the second factor first, in the admin; or use a token.", "second-factor"
            )
        return _needed(request, view) is not None


def _needed(request: Request, view: APIView) -> str | None:
    method = (request.method or "").lower()
    if method == "options" or not hasattr(view, method):  # the latter is answered 405, and nothing else
        return ANY
    needs: dict[str, str] = getattr(view, "needs", {})
    return needs.get(getattr(view, "action", None) or ("get" if method == "head" else method))


def _require_scope(token: ApiToken, request: Request, view: APIView) -> None:
    scope = _needed(request, view)
    if scope and scope not in token.scopes:
        raise PermissionDenied(f"The token's scopes do not include {scope}; create one that does.")
