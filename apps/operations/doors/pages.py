"""The page of an act: its form, its plan, and its confirmation; or the act itself, where it asks for nothing.

And the page of a look that is told once. What destroys something, and what tells a secret, wants a fresh sign-in.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from apps.accounts.fresh import proof_of
from apps.operations.admin_base import DOOR, told_as_message, user_of
from apps.operations.asking import Ask
from apps.operations.doors.forms import ActForm
from apps.operations.doors.table import Act, Look, Noun, home_of
from apps.operations.refusals import Missing

TEMPLATE, LOOK_TEMPLATE = "admin/act.html", "admin/look.html"


def act_page(request: HttpRequest, site: Any, noun_name: str, subject_pk: int, verb: str, context: Any) -> HttpResponse:
    """Show the form, or do what it says. *context* is the admin's own; *site*, or a server, is one he may see."""
    noun, act = _act(noun_name, verb)
    subject = _subject(request, noun, act, subject_pk, site)
    form, plan = ActForm(request.POST or None, noun, act, subject), None
    proof = proof_of(request, user_of(request)) if act.confirm else None
    back = reverse(f"admin:{home_of(site)}_change", args=[site.pk])
    if form.is_valid() and "plan" in request.POST:
        plan = form.plan(user_of(request))
    elif form.is_valid() and proof is None and form.act_on_it(user_of(request)):
        return HttpResponseRedirect(back)
    if form.errors and not form.shown:
        messages.error(request, " ".join(map(str, form.non_field_errors())))
        return HttpResponseRedirect(back)
    title = f"{act.label}: {form.called}"
    more = {"title": title, "crumb": title, "form": form, "act": act, "plan": plan, "site": site, "back": back}
    return TemplateResponse(request, TEMPLATE, {**context, **more, "proof": proof, "about": list(act.about(subject))})


def look_page(
    request: HttpRequest, site: Any, noun_name: str, subject_pk: int, verb: str, context: Any
) -> HttpResponse:
    """Ask whether it shall be told, and tell it: in the answer to a form, which no history and no cache keeps."""
    noun, look = _look(noun_name, verb)
    subject = _subject(request, noun, look, subject_pk, site)
    proof, told = proof_of(request, user_of(request)), None
    if request.method == "POST" and proof is None:
        with told_as_message(request):
            told = look.read(Ask(user=user_of(request), door=DOOR), subject)
            if look.opens:
                return HttpResponseRedirect(told[look.opens])
    title = f"{look.label}: {noun.called(subject)}"
    back = reverse(f"admin:{home_of(site)}_change", args=[site.pk])
    more = {"title": title, "crumb": title, "look": look, "proof": proof, "told": told, "site": site, "back": back}
    response = TemplateResponse(request, LOOK_TEMPLATE, {**context, **more, "name": noun.called(subject)})
    response.headers["Cache-Control"] = "no-store"
    return response


def _act(noun_name: str, verb: str) -> tuple[Noun, Act]:
    noun = Noun.REGISTERED.get(noun_name)
    if noun is None:
        raise Http404
    try:
        return noun, noun.act(verb)
    except Missing as missing:
        raise Http404 from missing


def _look(noun_name: str, verb: str) -> tuple[Noun, Look]:
    noun = Noun.REGISTERED.get(noun_name)
    look = next((one for one in noun.looks if one.verb == verb and one.told_once), None) if noun else None
    if noun is None or look is None:
        raise Http404
    return noun, look


def _subject(request: HttpRequest, noun: Noun, act: Act | Look, pk: int, site: Any) -> Any:
    """One of this very site, that the user may do this to."""
    of = noun.subject(act) if isinstance(act, Act) else noun
    subject = of.visible_to(user_of(request)).filter(pk=pk).first()
    if subject is None or of.site_of(subject) != site:
        raise Http404
    if not of.allowed(Ask(user=user_of(request), door=DOOR), act, subject):
        raise Http404
    return subject
