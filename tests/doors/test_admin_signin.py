"""The admin's door: the second factor, and when a session is over. Security rows 57 to 59."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.test import Client
from django.urls import get_resolver
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from apps.accounts.recovery import RecoveryCodes
from tests.doors.staff import HOME, OPERATIONS, SITES, at_the_door, boss, staff
from tests.make import a_site, a_user, an_operation

pytestmark = pytest.mark.django_db
LOGIN, SETUP = "/admin/login/", "/admin/second-factor/"


@pytest.fixture(autouse=True)
def _second_factor_is_asked_for(settings: Any) -> None:
    settings.REQUIRE_2FA = True


def a_device(user: User, **fields: Any) -> TOTPDevice:
    return TOTPDevice.objects.create(user=user, name="Authenticator", **fields)


def code_of(device: TOTPDevice, seconds: float = 0) -> str:
    """What the device shows, *seconds* from now."""
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits)
    totp.time = time.time() + seconds
    return f"{totp.token():06d}"


def sign_in(client: Client, user: User, code: str = "", password: str = "") -> Any:
    words = {"username": user.username, "password": password or f"{user.username}'s long password"}
    return client.post(LOGIN, {**words, "otp_token": code, "next": HOME})


def is_in(client: Client) -> bool:
    return client.get(HOME).status_code == 200


@pytest.fixture
def stan() -> User:
    return staff()


def test_a_password_alone_leads_to_the_set_up_and_no_further(stan: User) -> None:
    client = Client()
    assert sign_in(client, stan)["Location"] == HOME
    assert not is_in(client)
    assert client.get(HOME, follow=True).redirect_chain[-1][0] == SETUP
    assert client.get(f"{SITES}add/").status_code == 302
    assert client.post(f"{SITES}add/").status_code == 302


def test_the_first_device_is_set_up_with_a_code_and_gives_recovery_codes(stan: User) -> None:
    client = Client()
    sign_in(client, stan)
    page = client.get(SETUP)
    device = TOTPDevice.objects.get(user=stan)
    assert not device.confirmed
    assert b"<svg" in page.content
    assert page.context["setup"].typed_secret.replace(" ", "") in device.config_url
    assert not client.get(SETUP).wsgi_request.user.is_verified()  # type: ignore[union-attr]
    wrong = client.post(SETUP, {"code": "000000" if code_of(device) != "000000" else "000001"})
    assert b"This code is wrong" in wrong.content
    assert not is_in(client)
    TOTPDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    before = client.session.session_key
    right = client.post(SETUP, {"code": code_of(device)})
    codes = right.context["codes"]
    assert len(set(codes)) == 10
    assert all(code in right.content.decode() for code in codes)
    assert client.session.session_key != before
    assert is_in(client)
    kept = RecoveryCodes.objects.get(user=stan)
    assert not any(code in str(kept.digests) or code.replace("-", "") in str(kept.digests) for code in codes)


def test_who_has_a_device_signs_in_with_its_code(stan: User) -> None:
    device = a_device(stan)
    client = Client()
    assert sign_in(client, stan, code_of(device)).status_code == 302
    assert is_in(client)


def test_59_a_code_opens_once(stan: User) -> None:
    device = a_device(stan)
    code = code_of(device)
    assert sign_in(Client(), stan, code).status_code == 302
    assert b"was used before" in sign_in(Client(), stan, code).content


def test_a_recovery_code_opens_once_and_lets_a_new_device_be_set_up(stan: User) -> None:
    a_device(stan)
    codes = RecoveryCodes(user=stan, name="Recovery codes").issue()
    client = Client()
    sign_in(client, stan, codes[0].upper())
    assert is_in(client)
    again = Client()
    sign_in(again, stan, codes[0])
    assert not is_in(again)
    fresh = client.get(SETUP).context["setup"].device
    assert client.post(SETUP, {"code": code_of(fresh)}).status_code == 200
    assert [device.pk for device in TOTPDevice.objects.all()] == [fresh.pk]
    assert is_in(client)


@pytest.mark.parametrize(
    "code",
    ["", "1" * 10_000, "abcdef", "12345", "\N{ARABIC-INDIC DIGIT ONE}" * 6, "1e5", "-1", "\x00" * 6, "[]", "None"],
)
def test_59_what_is_no_code_of_his_is_refused(stan: User, code: str) -> None:
    a_device(stan)
    client = Client()
    assert sign_in(client, stan, code).status_code == 200
    assert not is_in(client)
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("seconds", [-90, 90])
def test_59_a_clock_that_is_minutes_off_is_refused(stan: User, seconds: int) -> None:
    client = Client()
    sign_in(client, stan, code_of(a_device(stan), seconds))
    assert not is_in(client)


def test_59_another_persons_code_and_an_unconfirmed_device_are_refused(stan: User) -> None:
    a_device(stan)
    other = a_device(boss())
    loose = a_device(stan, confirmed=False)
    for device in (other, loose):
        client = Client()
        sign_in(client, stan, code_of(device))
        assert not is_in(client)


def test_59_a_fault_in_the_check_lets_nobody_in(stan: User) -> None:
    device = a_device(stan)
    client = Client(raise_request_exception=False)
    with patch.object(TOTPDevice, "verify_token", side_effect=RuntimeError):
        assert sign_in(client, stan, code_of(device)).status_code == 500
    assert not is_in(client)


def test_59_wrong_codes_are_slowed_down(stan: User) -> None:
    device = a_device(stan)
    sign_in(Client(), stan, "000000" if code_of(device) != "000000" else "000001")
    client = Client()
    sign_in(client, stan, code_of(device))
    assert not is_in(client)


def test_59_a_password_session_does_not_add_a_device_to_who_has_one(stan: User) -> None:
    """The one way past a lost device is a recovery code; a stolen password alone sets nothing up."""
    a_device(stan)
    client = at_the_door(stan)
    for answer in (client.get(SETUP), client.post(SETUP, {"code": "123456"})):
        assert answer["Location"].startswith(LOGIN)
    assert TOTPDevice.objects.count() == 1
    assert client.get(LOGIN).status_code == 200


def test_59_the_code_is_asked_for_where_it_need_not_be_but_he_has_a_device(stan: User, settings: Any) -> None:
    settings.REQUIRE_2FA = False
    device = a_device(stan)
    assert b'name="otp_token"' not in Client().get(LOGIN).content
    client = Client()
    asked = sign_in(client, stan)
    assert b'name="otp_token"' in asked.content
    assert b"long password" not in asked.content
    assert not is_in(client)
    sign_in(client, stan, code_of(device))
    assert is_in(client)


def test_customers_do_not_come_in_here() -> None:
    client = Client()
    rose = a_user()
    sign_in(client, rose)
    assert "_auth_user_id" not in client.session
    assert at_the_door(rose).get(HOME).status_code == 302
    assert at_the_door(rose).get(SETUP).status_code == 302


# 58: when a session is over


@pytest.fixture
def inside(stan: User) -> Client:
    client = Client()
    client.get(LOGIN)
    sign_in(client, stan, code_of(a_device(stan)))
    assert is_in(client)
    return client


def test_58_the_sessions_key_changes_at_the_door(stan: User) -> None:
    device, client = a_device(stan), Client()
    client.get(LOGIN)
    session = client.session
    session["planted"] = 1
    session.save()
    client.cookies["sessionid"] = str(session.session_key)
    before = session.session_key
    sign_in(client, stan, code_of(device))
    assert client.session.session_key != before


def test_58_signing_out_ends_it(inside: Client) -> None:
    cookie = inside.cookies["sessionid"].value
    inside.post("/admin/logout/")
    stolen = Client()
    stolen.cookies["sessionid"] = cookie
    assert not is_in(stolen)


@pytest.mark.parametrize("loss", ["password", "device", "active", "staff", "rights"])
def test_58_what_a_session_stood_on_is_gone_at_once(stan: User, inside: Client, loss: str) -> None:
    site = a_site(None)
    if loss == "password":
        stan.set_password("another long password")
    elif loss == "device":
        TOTPDevice.objects.all().delete()
    elif loss == "active":
        stan.is_active = False
    elif loss == "staff":
        stan.is_staff = False
    stan.save()
    assert is_in(inside) == (loss == "rights")
    assert inside.get(f"{SITES}{site.pk}/change/").status_code != 200


def test_58_a_new_device_ends_the_sessions_of_the_old_one(stan: User, inside: Client) -> None:
    codes = RecoveryCodes(user=stan, name="Recovery codes").issue()
    other = Client()
    sign_in(other, stan, codes[0])
    other.post(SETUP, {"code": code_of(other.get(SETUP).context["setup"].device)})
    assert is_in(other)
    assert not is_in(inside)


@pytest.mark.parametrize(
    ("minutes", "header", "still_in"),
    [([29, 29, 29], {}, True), ([31], {}, False), ([20, 20], {"HX-Request": "true"}, False), ([25] * 20, {}, False)],
    ids=["used", "left alone", "polling by itself", "eight hours"],
)
def test_58_a_session_ends_when_nobody_uses_it(
    inside: Client, minutes: list[int], header: dict[str, str], still_in: bool
) -> None:
    at = time.time()
    inside.get(HOME)
    with patch("apps.accounts.idle.time.time") as clock:
        for step in minutes:
            at += step * 60
            clock.return_value = at
            inside.get(HOME, headers=header)
        assert is_in(inside) == still_in


# 57: cross-site requests; hole 8: whose address it is


def posted() -> Iterator[str]:
    rose = boss("poster")
    operation = an_operation(a_site(rose), rose, status="running")
    yield from (LOGIN, "/admin/logout/", SETUP, f"{SITES}add/", "/admin/password_change/")
    yield f"{SITES}{operation.subject_id}/credentials/"
    yield from (f"{OPERATIONS}{operation.pk}/{act}/" for act in ("cancel", "resume"))


def test_57_a_post_from_another_site_is_refused(settings: Any) -> None:
    settings.REQUIRE_2FA = False
    for path in posted():
        client = Client(enforce_csrf_checks=True)
        client.force_login(User.objects.get(username="poster"), "django.contrib.auth.backends.ModelBackend")
        assert client.post(path, {"name": "x"}).status_code == 403, path


def test_57_every_post_of_the_admin_is_checked() -> None:
    """Nothing in the admin is exempt from the check by a decorator."""

    def views(patterns: Any) -> Iterator[Any]:
        for entry in patterns:
            yield from views(entry.url_patterns) if hasattr(entry, "url_patterns") else [entry.callback]

    admin = [entry for entry in get_resolver().url_patterns if str(entry.pattern) == "admin/"]
    assert len(list(views(admin))) > 30
    assert not [view for view in views(admin) if getattr(view, "csrf_exempt", False)]


def test_who_guesses_is_locked_out_by_the_address_that_our_front_saw(stan: User) -> None:
    """The first entry of X-Forwarded-For is the visitor's own word: it neither hides nor frames anybody."""
    for guess in range(10):
        answer = Client(headers={"X-Forwarded-For": f"10.0.0.{guess}, 192.0.2.7"}).post(
            LOGIN, {"username": stan.username, "password": "wrong", "next": HOME}
        )
    assert answer.status_code in (403, 429)
    assert set(AccessAttempt.objects.values_list("ip_address", flat=True)) == {"192.0.2.7"}
    device = a_device(stan)
    locked = Client(headers={"X-Forwarded-For": "10.0.0.1, 192.0.2.7"})
    elsewhere = Client(headers={"X-Forwarded-For": "10.0.0.1, 192.0.2.8"})
    sign_in(locked, stan, code_of(device))
    assert not is_in(locked)
    sign_in(elsewhere, stan, code_of(device))
    assert is_in(elsewhere)
