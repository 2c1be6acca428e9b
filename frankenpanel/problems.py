"""Errors of the API as RFC 9457 problem documents, with codes that scripts may rely on."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpResponse, JsonResponse
from rest_framework import exceptions
from rest_framework.views import set_rollback

from apps.operations.refusals import Busy, Invalid, Refusal
from apps.operations.telling import refusal_of

MEDIA_TYPE = "application/problem+json"
CODES = {"permission_denied": "forbidden", "parse_error": "invalid", "not_found": "not-found"}
FIELDS = {
    "required": "is missing; send it",
    "null": "is null; send a value",
    "unknown": "is not known here; leave it out",
}
SENTENCES = {
    "not_authenticated": "This needs a token: send it as Authorization: Bearer fp_….",
    "permission_denied": "You may not do this; ask the host's staff.",
}
logger = logging.getLogger(__name__)


def answer(exception: Exception, context: dict[str, Any]) -> HttpResponse:
    """REST framework's exception handler: every error leaves as a sentence, none with a traceback.

    Always as JSON, whatever the request would have had: no view's renderer knows of problems.
    """
    set_rollback()
    problem = _problem(exception)
    if problem["status"] >= HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.error("%s: %s", type(context.get("view")).__name__, problem["detail"], exc_info=exception)
    return _response(problem, exception)


def told_as_problem(refusal: Refusal) -> HttpResponse:
    """The same answer outside of the API's views."""
    return _response(_refused(refusal), refusal)


def _response(problem: dict[str, Any], exception: Exception) -> HttpResponse:
    return JsonResponse(
        problem,
        status=problem["status"],
        headers=dict(_headers(exception, problem["status"])),
        content_type=MEDIA_TYPE,
        json_dumps_params={"ensure_ascii": False},
    )


def document(status: int, code: str, sentence: str, **more: Any) -> dict[str, Any]:
    """The problem document itself. *more* are members of its own, such as the operation that is in the way."""
    title = code.replace("-", " ").capitalize()
    known = {"type": f"urn:frankenpanel:problem:{code}", "title": title, "status": status, "code": code}
    return {**known, "detail": sentence, **more}


def _problem(exception: Exception) -> dict[str, Any]:
    if isinstance(exception, exceptions.ValidationError):
        errors = list(_errors(exception.detail))
        return document(400, "invalid", errors[0]["detail"], errors=errors)
    if isinstance(exception, exceptions.APIException):
        return _told_by_framework(exception)
    if isinstance(exception, Http404):
        return document(404, "not-found", "There is nothing here that you may see; look at the address.")
    if isinstance(exception, PermissionDenied):
        return document(403, "forbidden", "You may not do this; ask the host's staff.")
    if isinstance(exception, SuspiciousOperation):
        return document(400, "invalid", "The panel does not take this request; look at its address and size.")
    return _refused(exception)


def _told_by_framework(exception: exceptions.APIException) -> dict[str, Any]:
    code = str(getattr(exception.detail, "code", exception.default_code))
    usual = exception.detail == exception.default_detail
    sentence = SENTENCES.get(code, str(exception.detail)) if usual else str(exception.detail)
    return document(exception.status_code, CODES.get(code, code.replace("_", "-")), sentence)


def _refused(exception: Exception) -> dict[str, Any]:
    refusal = refusal_of(exception)
    sentence = str(refusal)
    if isinstance(refusal, Invalid) and refusal.field:
        errors = [{"field": refusal.field, "detail": sentence}]
        return document(refusal.status, refusal.code, sentence, errors=errors)
    if isinstance(refusal, Busy):
        return document(refusal.status, refusal.code, sentence, operation=refusal.operation.pk)
    return document(refusal.status, refusal.code, sentence)


def _errors(detail: Any, field: str = "") -> Iterator[dict[str, str]]:
    """Each wrong field with its sentence, however deep it stands."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _errors(inner, f"{field}.{name}" if field else str(name))
    elif isinstance(detail, list):
        for inner in detail:
            yield from _errors(inner, field)
    else:
        known = FIELDS.get(getattr(detail, "code", ""))
        sentence = f"The field {field} {known}." if known else f"{field}: {detail}" if field else str(detail)
        yield {"field": field, "detail": sentence}


def _headers(exception: Exception, status: int) -> Iterator[tuple[str, str]]:
    if header := getattr(exception, "auth_header", None):
        yield "WWW-Authenticate", header
    yield from retry(status)


def retry(status: int) -> Iterator[tuple[str, str]]:
    """The header that says when to ask again, where that may help."""
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        yield "Retry-After", "5"
