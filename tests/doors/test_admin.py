"""The admin: who sees what, what can be asked for, and the holes that fail without a word."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group
from django.contrib.messages.storage.fallback import FallbackStorage
from django.core.exceptions import ValidationError
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from apps.accounts.admin_site import PanelAdminSite
from apps.audit.models import AuditRow
from apps.domains.models import Domain
from apps.host.errors import Refused, Unavailable
from apps.host.vault import Vault
from apps.operations.admin_base import PanelAdmin
from apps.operations.models import Operation, StepRun
from apps.operations.questions import SECRET, reply
from apps.operations.refusals import WrongState
from apps.sites.models import Site
from tests.doors.staff import HOME, OPERATIONS, SITES, at_the_door, boss, give, site_page, staff
from tests.make import a_server, a_site, a_token, a_user, an_operation

pytestmark = pytest.mark.django_db
ASKED = {"kind": "custom", "name": "Rose & Sons", "domain": "rose.example.com"}
LISTS = [
    SITES,
    OPERATIONS,
    "/admin/servers/server/",
    "/admin/servers/runtime/",
    "/admin/audit/auditrow/",
    "/admin/auth/user/",
    "/admin/auth/group/",
    "/admin/accounts/apitoken/",
]


def asked(**changes: str) -> dict[str, str]:
    return {**ASKED, "key": str(uuid4()), **changes}


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


# Hole 1: whose admin it is


def test_the_admin_is_the_panels_own() -> None:
    assert type(admin.site._wrapped) is PanelAdminSite  # type: ignore[attr-defined]
    assert admin.sites.site is admin.site


def test_only_the_panels_own_pages_are_in_it() -> None:
    """Django's, axes' and django-otp's would show hashes and secrets, and delete past a lifecycle."""
    names = {model._meta.label for model in admin.site._registry}
    assert names == {
        "accounts.ApiToken",
        "audit.AuditRow",
        "auth.Group",
        "auth.User",
        "operations.Operation",
        "servers.Runtime",
        "servers.Server",
        "sites.Site",
    }
    assert all(isinstance(page, PanelAdmin) for page in admin.site._registry.values())


# Holes 3 and 6: pages that give rights, acts that run when they are looked at


@pytest.mark.parametrize("label", ["sites.Site", "operations.Operation", "auth.User", "auth.Group"])
def test_no_page_gives_rights_on_a_record(label: str) -> None:
    stan = staff()
    site = a_site(stan)
    give(stan, site)
    model = apps.get_model(label)
    base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/{site.pk}/permissions/"
    for path in ("", f"user-manage/{stan.pk}/", "group-manage/1/"):
        answer = at_the_door(stan).post(f"{base}{path}", {"permissions": ["delete_site"]}, follow=True)
        assert answer.status_code in (403, 404)
    assert not stan.has_perm("sites.delete_site", site)


def test_nobody_raises_himself_on_his_own_page() -> None:
    stan = staff(may=["auth.view_user", "auth.change_user"])
    wanted = {"username": "stan", "is_superuser": "on"}
    answer = at_the_door(stan).post(f"/admin/auth/user/{stan.pk}/change/", wanted)
    stan.refresh_from_db()
    assert answer.status_code == 403
    assert not stan.is_superuser


def test_acts_are_posted() -> None:
    rose = boss()
    site = a_site(rose)
    operation = an_operation(site, rose, status="running")
    client = at_the_door(rose)
    acts = [f"{OPERATIONS}{operation.pk}/{act}/" for act in ("cancel", "resume")]
    for path in (*acts, f"{SITES}{site.pk}/credentials/"):
        assert client.get(path).status_code == 405
    assert not Operation.objects.get().cancel_asked


def test_no_page_has_actions_of_its_own() -> None:
    """unfold's run on GET unless they have a dialog, and hand the object to the check as a string."""
    request = RequestFactory().get("/")
    request.user = boss()
    for page in admin.site._registry.values():
        assert page.get_actions(request) == {}
        for name in ("actions_list", "actions_row", "actions_detail", "actions_submit_line"):
            assert not getattr(page, name)


@pytest.mark.parametrize("path", LISTS)
def test_nothing_is_added_changed_or_deleted_past_a_lifecycle(path: str) -> None:
    rose = boss()
    an_operation(a_site(rose), rose)
    a_token(rose)
    Group.objects.create(name="Support")
    AuditRow.objects.create(user=rose, name="rose", door="admin", action="site.create", outcome="accepted")
    client = at_the_door(rose)
    app, name = path.strip("/").split("/")[1:]
    model = apps.get_model(app, name)
    number = model._default_manager.values_list("pk", flat=True)[0]
    before = list(model._default_manager.values())
    for act in (f"{path}{number}/delete/", path):
        answer = client.post(act, {"action": "delete_selected", "_selected_action": [number], "post": "yes"})
        assert answer.status_code in (200, 302, 403)
    changed = client.post(f"{path}{number}/change/", {"name": "changed", "username": "changed"})
    assert changed.status_code in (200, 403)
    assert list(model._default_manager.values()) == before


# Hole 4 and row 54: what is not his is not there


def test_54_somebody_sees_the_sites_that_are_his_or_given_to_him() -> None:
    stan = staff()
    own, given, foreign = a_site(stan, "Own"), a_site(boss(), "Given"), a_site(None, "Foreign")
    give(stan, given)
    for path in (SITES, HOME):
        page = text_of(at_the_door(stan).get(path))
        assert "Foreign" not in page
    page = text_of(at_the_door(stan).get(SITES))
    assert "Own" in page
    assert "Given" in page
    assert [at_the_door(stan).get(site_page(site)).status_code for site in (own, given, foreign)] == [200, 200, 404]


def test_54_a_group_gives_its_members_a_site() -> None:
    stan, support = staff(), Group.objects.create(name="Support")
    site = a_site(boss())
    from apps.sites.models import SiteGroupPermission

    permission = give(stan, site).permission
    Site.objects.get().siteuserpermission_set.all().delete()
    assert at_the_door(stan).get(site_page(site)).status_code == 404
    SiteGroupPermission.objects.create(group=support, permission=permission, content_object=site)
    stan.groups.add(support)
    assert at_the_door(stan).get(site_page(site)).status_code == 200


@pytest.mark.parametrize("page", ["change/", "history/", "delete/", "live/"])
def test_54_foreign_records_are_not_there(page: str) -> None:
    site = a_site(None, "Foreign")
    operation = an_operation(site)
    client = at_the_door(staff())
    for path in (f"{SITES}{site.pk}/{page}", f"{OPERATIONS}{operation.pk}/{page}"):
        answer = client.get(path, follow=True)
        assert answer.status_code in (403, 404)
        assert "Foreign" not in text_of(answer)


@pytest.mark.parametrize("number", ["0", "x", "9" * 40, "1%0a", "None"])
def test_a_number_that_is_none_is_not_there(number: str) -> None:
    client = at_the_door(boss())
    for path in (SITES, OPERATIONS):
        assert client.get(f"{path}{number}/change/").status_code == 404
        assert client.post(f"{path}{number}/cancel/", follow=True).status_code in (403, 404)


@pytest.mark.parametrize("act", ["cancel", "resume"])
def test_54_a_foreign_operation_is_not_steered(act: str) -> None:
    operation = an_operation(a_site(None), status="stuck")
    assert at_the_door(staff()).post(f"{OPERATIONS}{operation.pk}/{act}/").status_code == 404
    operation.refresh_from_db()
    assert (operation.status, operation.cancel_asked) == ("stuck", False)


def test_54_choices_and_filters_name_nothing_foreign() -> None:
    foreign = a_site(None, "Foreign")
    Site.objects.filter(pk=foreign.pk).update(server=a_server("far-away"))
    stan = staff()
    own = a_site(stan, "Own")
    assert "far-away" not in text_of(at_the_door(stan).get(SITES))
    filtered = at_the_door(stan).get(SITES, {"server__id__exact": a_server("far-away").pk})
    assert "Foreign" not in text_of(filtered)
    query = {"app_label": "domains", "model_name": "domain", "field_name": "site", "term": ""}
    offered = at_the_door(stan).get("/admin/autocomplete/", query).json()["results"]
    assert [choice["text"] for choice in offered] == ["Own"]
    field = a_page_for_domains().formfield_for_foreignkey(Domain._meta.get_field("site"), a_request(stan))
    assert field is not None
    assert field.clean(str(own.pk)) == own
    with pytest.raises(ValidationError):
        field.clean(str(foreign.pk))


def test_54_the_search_forgets_a_site_at_once_when_it_is_revoked() -> None:
    """Hole 9: unfold keeps what was found for five minutes."""
    stan, site = staff(), a_site(None, "Foreign", "given.example.com")
    given = give(stan, site)
    client = at_the_door(stan)
    for term in ("foreign", "given.ex"):
        assert "Foreign" in text_of(client.get("/admin/search/", {"s": term, "extended": "1"}))
    given.delete()
    assert "Foreign" not in text_of(client.get("/admin/search/", {"s": "foreign", "extended": "1"}))


@pytest.mark.parametrize(
    "path",
    [
        "/admin/auth/user/?password__startswith=md5",
        "/admin/accounts/apitoken/?digest__startswith=a",
        "/admin/operations/operation/?lines__memo__has_key=secret",
        "/admin/sites/site/?owner__password__startswith=md5",
        "/admin/audit/auditrow/?user__password__startswith=md5",
    ],
)
def test_56_no_filter_reads_a_secret_bit_by_bit(path: str) -> None:
    rose = boss()
    a_site(rose)
    a_token(rose)
    assert at_the_door(rose).get(path).status_code == 400


@pytest.mark.parametrize("path", LISTS)
def test_56_no_page_shows_a_secret(path: str) -> None:
    rose = boss()
    operation = an_operation(a_site(rose, database=True), rose, done=["site-user"])
    operation.lines.update(memo={SECRET: "gAAAAsealed"})
    token, text = a_token(rose)
    client = at_the_door(rose)
    pages = [path, f"{OPERATIONS}{operation.pk}/change/", f"/admin/auth/user/{rose.pk}/change/"]
    pages += [f"/admin/accounts/apitoken/{token.pk}/change/", site_page(Site.objects.get())]
    for page in pages:
        shown = text_of(client.get(page))
        assert not any(secret in shown for secret in (rose.password, token.digest, text, "gAAAA"))


# Hole 5: refusals are sentences


def a_page_for_domains() -> PanelAdmin:
    class DomainPage(PanelAdmin):
        fields = ("host", "site")
        raises: Exception | None = None

        def has_add_permission(self, request: HttpRequest) -> bool:
            return True

        def save_model(self, *args: Any) -> None:
            assert self.raises
            raise self.raises

    return DomainPage(Domain, admin.site)


def a_request(user: Any, data: dict[str, Any] | None = None) -> HttpRequest:
    request = RequestFactory().post("/", data or {})
    request.user = user
    request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]
    request.session = {}  # type: ignore[assignment]
    request._messages = FallbackStorage(request)  # type: ignore[attr-defined]
    return request


@pytest.mark.parametrize("refusal", [ValidationError, Refused, Unavailable, WrongState])
def test_a_refusal_while_saving_is_a_sentence_and_no_fault(refusal: type[Exception]) -> None:
    rose = boss()
    page: Any = a_page_for_domains()
    page.raises = refusal("It will not.")
    request: Any = a_request(rose, {"host": "rose.example.com", "site": a_site(rose).pk})
    answer: HttpResponse = page.add_view(request)
    assert answer.status_code == 302
    assert [str(message) for message in request._messages] == ["It will not."]
    assert not Domain.objects.filter(host="rose.example.com").exists()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": ""}, "1 to 100 characters"),
        ({"name": "x" * 300}, "1 to 100 characters"),
        ({"name": "../../etc"}, "does not begin with"),
        ({"name": "--help"}, "does not begin with"),
        ({"name": "\N{PILE OF POO}"}, "at least one letter or digit"),
        ({"name": "con\n"}, "no line breaks"),
        ({"domain": ""}, "Enter a host name"),
        ({"domain": "rose.example.com\n"}, "no spaces, line breaks"),
        ({"domain": "a.ex {\n respond x\n}"}, "no spaces, line breaks"),
        ({"domain": "{$SECRET}.ex"}, "remove"),
        ({"domain": "rose.example.com:80"}, "no port"),
        ({"domain": "localhost"}, "visitor"),
        ({"domain": settings.PANEL_HOST}, "own name"),
        ({"domain": "TAKEN.example.com."}, "belongs to a site already"),
        ({"kind": "cobol"}, "There is no kind"),
        ({"kind": ""}, "There is no kind"),
    ],
)
@pytest.mark.parametrize("plan", [{}, {"plan": "1"}])
def test_bad_input_is_refused_beside_its_field_and_leaves_nothing(
    wrong: dict[str, str], sentence: str, plan: dict[str, str]
) -> None:
    rose = boss()
    a_site(rose, host="taken.example.com")
    before = (Site.objects.count(), Domain.objects.count(), Operation.objects.count())
    answer = at_the_door(rose).post(f"{SITES}add/", {**asked(**wrong), **plan})
    field = next(iter(wrong))
    assert answer.status_code == 200
    assert sentence in " ".join(answer.context["form"].errors[field])
    assert "Traceback" not in text_of(answer)
    assert (Site.objects.count(), Domain.objects.count(), Operation.objects.count()) == before


def test_without_a_server_the_form_says_what_to_do() -> None:
    answer = at_the_door(boss()).post(f"{SITES}add/", asked())
    assert "./panel up" in text_of(answer)
    assert not Site.objects.exists()


# Asking for a site


def test_the_form_gives_one_operation_and_leads_to_the_sites_page() -> None:
    rose = boss()
    a_server()
    answer = at_the_door(rose).post(f"{SITES}add/", asked(database="on"))
    site, operation = Site.objects.get(), Operation.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == site_page(site)
    assert (site.name, site.kind, site.owner, site.hosts) == ("Rose & Sons", "custom", rose, ["rose.example.com"])
    assert site.databases.count() == 1
    assert (operation.flow, operation.asked_by, operation.door) == ("site.create", rose, "admin")
    assert AuditRow.objects.get().outcome == "accepted"


def test_the_plan_is_shown_before_and_nothing_is_done() -> None:
    a_server()
    page = text_of(at_the_door(boss()).post(f"{SITES}add/", asked(plan="1", database="on")))
    assert "Create the directory" in page
    assert str(settings.PLACES.site("rose-sons")) in page
    assert "Rose &amp; Sons" in page
    assert not Site.objects.exists()
    assert not AuditRow.objects.exists()


def test_a_form_that_was_sent_can_still_show_the_plan_of_another_site() -> None:
    a_server()
    client, form = at_the_door(boss()), asked()
    client.post(f"{SITES}add/", form)
    answer = client.post(f"{SITES}add/", {**form, "plan": "1", "name": "Other", "domain": "other.example.com"})
    assert "The plan for Other" in text_of(answer)
    assert Site.objects.count() == 1


def test_65_a_form_sent_twice_gives_one_site() -> None:
    a_server()
    client, form = at_the_door(boss()), asked()
    first, second = (client.post(f"{SITES}add/", form) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert (Site.objects.count(), Operation.objects.count()) == (1, 1)


def test_65_a_form_sent_again_with_other_words_is_asked_about() -> None:
    a_server()
    client, form = at_the_door(boss()), asked()
    client.post(f"{SITES}add/", form)
    form |= {"name": "Other", "domain": "other.example.com"}
    answer = client.post(f"{SITES}add/", form)
    again = answer.context["form"]["key"].value()
    assert "came with another request before" in text_of(answer)
    assert str(again) != form["key"]
    assert client.post(f"{SITES}add/", {**form, "key": again}).status_code == 302
    assert Site.objects.count() == 2


def test_a_form_whose_site_is_gone_again_leads_to_its_operation() -> None:
    a_server()
    client, form = at_the_door(boss()), asked()
    client.post(f"{SITES}add/", form)
    operation = Operation.objects.get()
    Domain.objects.all().delete()
    Site.objects.all().delete()
    Operation.objects.update(status="undone")
    assert client.post(f"{SITES}add/", form)["Location"] == f"{OPERATIONS}{operation.pk}/change/"


@pytest.mark.parametrize("method", ["get", "post"])
def test_who_may_create_no_sites_has_no_form(method: str) -> None:
    a_server()
    client = at_the_door(staff())
    assert getattr(client, method)(f"{SITES}add/", asked()).status_code == 404
    assert "Create site" not in text_of(client.get(SITES))
    assert not Site.objects.exists()


def test_55_what_is_not_in_the_form_is_not_taken_from_it() -> None:
    rose, other = boss(), a_user("other")
    a_server()
    at_the_door(rose).post(
        f"{SITES}add/", asked(owner=str(other.pk), port="22", slug="etc", status="active", door="cli", asked_by="")
    )
    site = Site.objects.get()
    assert (site.owner, site.port, site.slug, site.status) == (rose, 8081, "rose-sons", "creating")


# Watching and steering


def test_an_operation_is_polled_until_it_has_ended() -> None:
    rose = boss()
    site = a_site(rose, status="creating")
    operation = an_operation(site, rose, done=["site-user", "site-directory"], status="running")
    client = at_the_door(rose)
    page = text_of(client.get(site_page(site)))
    assert f'hx-get="{OPERATIONS}{operation.pk}/live/"' in page
    part = client.get(f"{OPERATIONS}{operation.pk}/live/")
    assert part.status_code == 200
    assert "2 of 12 steps done" in text_of(part)
    Operation.objects.update(status="done")
    last = client.get(f"{OPERATIONS}{operation.pk}/live/")
    assert (last.status_code, last["HX-Refresh"]) == (286, "true")
    Operation.objects.update(status="undone")
    assert client.get(f"{OPERATIONS}{operation.pk}/live/")["HX-Redirect"] == f"{OPERATIONS}{operation.pk}/change/"
    page = text_of(client.get(f"{OPERATIONS}{operation.pk}/change/"))
    assert f"{operation.pk}/live/" not in page


def test_polling_without_a_session_leads_to_the_sign_in() -> None:
    operation = an_operation(a_site(boss()), status="running")
    answer = Client().get(f"{OPERATIONS}{operation.pk}/live/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Redirect"]) == (401, "/admin/login/")


def test_the_dashboard_polls_what_runs_and_says_when_nothing_does() -> None:
    rose = boss()
    client = at_the_door(rose)
    assert "Create the first site" in text_of(client.get(HOME))
    an_operation(a_site(rose, "Runs"), rose, status="running")
    page = text_of(client.get(HOME))
    assert f'hx-get="{SITES}running/"' in page
    assert client.get(f"{SITES}running/").status_code == 200
    Operation.objects.update(status="done")
    assert client.get(f"{SITES}running/").status_code == 286
    assert "Nothing runs just now" in text_of(client.get(HOME))


def test_cancel_and_resume_go_through_the_operations() -> None:
    rose = boss()
    site = a_site(rose, status="creating")
    operation = an_operation(site, rose, status="running")
    client = at_the_door(rose)
    answer = client.post(f"{OPERATIONS}{operation.pk}/cancel/", follow=True)
    assert "being taken back" in text_of(answer)
    assert Operation.objects.get().cancel_asked
    Operation.objects.update(status="stuck", error="A file is in the way; remove it.")
    assert "A file is in the way" in text_of(client.get(site_page(site)))
    client.post(f"{OPERATIONS}{operation.pk}/resume/")
    assert Operation.objects.get().status == "undoing"
    assert {row.action for row in AuditRow.objects.all()} == {"operation.cancel", "operation.resume"}


def test_what_cannot_be_steered_says_so() -> None:
    rose = boss()
    operation = an_operation(a_site(rose), rose, status="done")
    client = at_the_door(rose)
    for act, sentence in (("cancel", "nothing to cancel"), ("resume", "only a stuck one")):
        assert sentence in text_of(client.post(f"{OPERATIONS}{operation.pk}/{act}/", follow=True))


def test_a_site_that_needs_a_hand_is_red_and_nothing_else_is() -> None:
    rose = boss()
    stuck = a_site(rose, "Stuck", status="creating")
    a_site(rose, "Stopped", status="inactive")
    a_site(rose, "Suspended", status="suspended")
    client = at_the_door(rose)
    assert "bg-red" not in text_of(client.get(SITES)).partition("result_list")[2].partition("</table>")[0]
    an_operation(stuck, rose, status="stuck")
    page = text_of(client.get(SITES)).partition("result_list")[2].partition("</table>")[0]
    assert page.count("Needs a hand") == 1
    assert page.count("bg-red-100") == 1


# Credentials, once


@pytest.fixture
def runner() -> Any:
    """A runner that answers at once, with a key of its own."""
    keys = settings.PLACES.root / "admin-test-keys"
    keys.write_bytes(Fernet.generate_key())

    class Machine:
        vault = Vault(keys)

    machine: Any = Machine()
    with patch("apps.operations.sending.ask", lambda question: reply(question, machine)):
        yield machine
    keys.unlink()


def a_finished_site(rose: Any, runner: Any) -> Site:
    site = a_site(rose, kind="wordpress")
    operation = an_operation(site, rose, done=["application"], status="done")
    StepRun.objects.filter(operation=operation).update(memo={SECRET: runner.vault.seal("hunter2 hunter2")})
    return site


def test_the_first_password_is_shown_once_to_who_asked_for_the_site(runner: Any) -> None:
    rose = boss()
    site = a_finished_site(rose, runner)
    client, page = at_the_door(rose), f"{SITES}{site.pk}/credentials/"
    assert "Show the password once" in text_of(client.get(site_page(site)))
    answer = client.post(page)
    assert "hunter2 hunter2" in text_of(answer)
    assert "/wp-login.php" in text_of(answer)
    assert "no-store" in answer["Cache-Control"]
    again = client.post(page)
    assert "hunter2" not in text_of(again)
    assert "read before" in text_of(again)
    assert "Show the password once" not in text_of(client.get(site_page(site)))
    assert AuditRow.objects.get(action="operation.reveal").door == "admin"


def test_nobody_else_is_shown_the_first_password(runner: Any) -> None:
    rose, other = boss(), boss("other")
    site = a_finished_site(rose, runner)
    client = at_the_door(other)
    assert "Show the password once" not in text_of(client.get(site_page(site)))
    assert "hunter2" not in text_of(client.post(f"{SITES}{site.pk}/credentials/"))
    assert "hunter2" in text_of(at_the_door(rose).post(f"{SITES}{site.pk}/credentials/"))


def test_where_no_runner_answers_the_password_is_kept(runner: Any) -> None:
    rose = boss()
    site = a_finished_site(rose, runner)
    with patch("apps.operations.questions.ask", side_effect=Unavailable("No runner of local answers.")):
        assert "No runner of local answers" in text_of(at_the_door(rose).post(f"{SITES}{site.pk}/credentials/"))
    assert "Show the password once" in text_of(at_the_door(rose).get(site_page(site)))


# Words and numbers


@pytest.mark.parametrize("path", [HOME, f"{SITES}add/", *LISTS])
def test_pages_use_a_persons_words(path: str) -> None:
    rose = boss()
    site = a_site(rose, "Rose <b>& Sons</b>", port=None)
    an_operation(site, rose, status="undone", error="It <i>broke</i>.")
    a_token(rose)
    client = at_the_door(rose)
    for page in (path, site_page(site), f"{OPERATIONS}{Operation.objects.get().pk}/change/"):
        shown = text_of(client.get(page))
        assert ">None<" not in shown.replace(" ", "").replace("\n", "")
        assert "<b>&" not in shown
        assert "<i>broke" not in shown
        assert "Site administration" not in shown


@pytest.mark.parametrize(("path", "most"), [(HOME, 12), (SITES, 9), (OPERATIONS, 9), ("{site}", 14), ("{live}", 4)])
def test_a_page_takes_as_many_queries_for_many_sites_as_for_few(path: str, most: int) -> None:
    stan = staff()

    def more(number: int) -> Operation:
        for _ in range(number):
            site = a_site(None, database=True)
            give(stan, site)
            operation = an_operation(site, stan, done=["site-user"], status="running")
        return operation

    def queries(operation: Operation) -> int:
        pages = {"{site}": f"{SITES}{operation.subject_id}/change/", "{live}": f"{OPERATIONS}{operation.pk}/live/"}
        with CaptureQueriesContext(connection) as captured:
            assert client.get(pages.get(path, path)).status_code == 200
        return len(captured)

    client = at_the_door(stan)
    client.get(HOME)
    few = queries(more(2))
    many = queries(more(30))
    assert many == few <= most
