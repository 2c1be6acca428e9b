"""From an event to a mail and a webhook: once, tried again while the other side is away, and never with a secret."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_string
from email.policy import default
from ipaddress import ip_network

import pytest
from django.utils.timezone import now

from apps.audit.models import AuditRow
from apps.host.addresses import Addresses
from apps.host.host import Host
from apps.host.webhook import SIGNATURE, TIMESTAMP, Webhooks
from apps.lifecycle.notice import create_notice, delete_notice, notify_of_server, try_notice
from apps.mail.models import Relay
from apps.notices import delivering
from apps.notices.chores import wake_who_tells
from apps.notices.delivering import GIVES_UP, KEPT, deliver
from apps.notices.models import Delivery, Event, Notice
from apps.notices.telling import MOST
from apps.notices.watching import look_around
from apps.operations.asking import Ask
from apps.operations.models import Operation, StepRun
from apps.operations.refusals import Full, Invalid
from apps.sites.models import Site
from tests.lifecycle.driving import drive
from tests.make import a_site
from tests.operations.killing import in_a_child
from tests.parts.hook import Hook, hook
from tests.parts.relay import Relay as KeptMails
from tests.parts.relay import free_port, relay

pytestmark = [pytest.mark.host, pytest.mark.django_db(transaction=True)]
ME = Ask(user=None, door="test")
SECRET, TOKEN = "canary-hook-secret", "canary-token"
LOOPBACK = Addresses([ip_network("127.0.0.0/8")])


@pytest.fixture(autouse=True)
def unsent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.operations.sending.send", lambda pk, queue, after=0.0: None)
    monkeypatch.setattr("apps.operations.sending.wake", lambda task, queue, **about: None)


@pytest.fixture
def host(machine: Host) -> Host:
    return replace(machine, addresses=LOOPBACK, webhooks=Webhooks(LOOPBACK))


@pytest.fixture
def site(machine: Host) -> Site:
    """The records of one: what tells of it looks at nothing else."""
    return a_site()


@pytest.fixture
def kept() -> Iterator[Hook]:
    with hook() as made:
        yield made


@pytest.fixture
def mails(site: Site) -> Iterator[KeptMails]:
    with relay() as made:
        facts = {"host": "127.0.0.1", "port": made.port, "security": "none", "sender": "panel@host.example"}
        Relay.objects.create(server=site.server, **facts)
        yield made


def a_webhook(site: Site, kept: Hook, host: Host, secret: str = SECRET) -> Notice:
    url = f"http://127.0.0.1:{kept.port}/services/{TOKEN}"
    operation = drive(create_notice(ME, site, url=url, secret=secret), host)
    assert operation.status == "done", operation.error
    return Notice.objects.get(pk=operation.params["notice_id"])


def a_mailbox(site: Site, host: Host) -> Notice:
    operation = drive(notify_of_server(ME, site.server, email="ana@example.com"), host)
    assert operation.status == "done", operation.error
    return Notice.objects.get(pk=operation.params["notice_id"])


def happens(site: Site, text: str = "unknown directive") -> None:
    Site.objects.filter(pk=site.pk).update(front_fault=text)
    look_around(site.server)


def again(notice: Notice, host: Host) -> Delivery:
    """Its next try, whose time has come."""
    Delivery.objects.filter(status="waiting").update(due_at=now())
    deliver(notice.pk, host)
    return notice.deliveries.latest("id")


def test_a_webhook_is_told_once_and_can_check_who_tells_it(host: Host, site: Site, kept: Hook) -> None:
    notice = a_webhook(site, kept, host)
    assert (notice.name, notice.to, notice.active) == (f"{site.slug}.1", "http://127.0.0.1", True)
    happens(site)
    assert wake_who_tells(site.server, host) == [notice.pk]
    assert deliver(notice.pk, host) == "1 told"
    path, headers, body = kept.told[0]
    assert path == f"/services/{TOKEN}"
    signed = hmac.new(SECRET.encode(), headers[TIMESTAMP].encode() + b"." + body, hashlib.sha256).hexdigest()
    assert headers[SIGNATURE] == f"v1={signed}"
    said = kept.said()
    assert said["events"][0]["kind"] == "front.left-out"
    assert said["events"][0]["site"] == site.slug
    assert said["events"][0]["page"].endswith(f"/admin/sites/site/{site.pk}/change/")
    assert "unknown directive" in said["text"]
    assert wake_who_tells(site.server, host) == []
    assert deliver(notice.pk, host) == "0 told"
    assert notice.deliveries.get().status == "sent"
    assert len(kept.told) == 1


def test_a_mail_goes_through_the_server_s_relay(host: Host, site: Site, mails: KeptMails) -> None:
    notice = a_mailbox(site, host)
    Site.objects.filter(pk=site.pk).update(name="Rosé & Söhne\nBcc: eve@e.example")
    happens(site)
    deliver(notice.pk, host)
    assert (mails.mails[0].mail_from, mails.mails[0].rcpt_tos) == ("panel@host.example", ["ana@example.com"])
    mail = message_from_string(mails.text(), policy=default)
    assert mail["Auto-Submitted"] == "auto-generated"
    subject = " ".join(mail["Subject"].split())
    assert subject.endswith("The front leaves a site's settings out: Rosé & Söhne Bcc: eve@e.example")
    assert mail["Bcc"] is None
    text = mail.get_content()
    assert "unknown directive" in text
    assert f"/admin/sites/site/{site.pk}/change/" in text


def test_many_things_at_once_are_one_message(host: Host, site: Site, mails: KeptMails, kept: Hook) -> None:
    notice, hooked = a_mailbox(site, host), a_webhook(site, kept, host)
    for number in range(MOST + 7):
        Site.objects.filter(pk=a_site(name=f"S{number}").pk).update(front_fault="x")
    happens(site)
    for one in (notice, hooked):
        deliver(one.pk, host)
    assert len(mails.mails) == 1
    mail = message_from_string(mails.text(), policy=default)
    assert mail["Subject"] == f"[FrankenPanel local] {MOST + 8} things need a hand"
    assert mail.get_content().rstrip().endswith("And 8 more.")
    assert [one["site"] for one in kept.said()["events"]] == [site.slug]


def test_one_that_is_away_is_tried_again_with_pauses_and_given_up_after_a_day(
    host: Host, site: Site, kept: Hook
) -> None:
    notice = a_webhook(site, kept, host)
    kept.status = 503
    happens(site)
    pauses = []
    for number in range(1, 6):
        began = now()
        delivery = again(notice, host)
        assert (delivery.status, delivery.tries) == ("waiting", number)
        assert delivery.error == "http://127.0.0.1 answers 503."
        pauses.append(round((delivery.due_at - began).total_seconds() / 60))
    assert pauses == [1, 5, 15, 60, 60]
    assert wake_who_tells(site.server, host) == []
    Event.objects.update(raised_at=now() - GIVES_UP - timedelta(seconds=1))
    delivery = again(notice, host)
    assert (delivery.status, delivery.error) == ("failed", "http://127.0.0.1 answers 503. It was tried for a day.")
    Event.objects.update(raised_at=now())
    happens(site, "another")
    kept.status = 200
    assert again(notice, host).status == "sent"


def test_one_that_refuses_for_good_is_not_tried_again(host: Host, site: Site, kept: Hook) -> None:
    notice = a_webhook(site, kept, host)
    kept.status, kept.headers = 302, {"Location": "http://127.0.0.1:1/"}
    happens(site)
    assert again(notice, host).status == "failed"
    again(notice, host)
    assert len(kept.told) == 1


def test_without_a_relay_a_mail_waits_for_one(host: Host, site: Site, mails: KeptMails) -> None:
    notice = a_mailbox(site, host)
    happens(site)
    port = mails.port
    Relay.objects.update(port=free_port())
    assert "cannot be reached" in again(notice, host).error
    gone = Relay.objects.get()
    gone.delete()
    assert "There is no relay" in again(notice, host).error
    Relay.objects.create(server=site.server, host="127.0.0.1", port=port, security="none", sender="p@host.example")
    assert again(notice, host).status == "sent"


def test_62_whatever_the_name_leads_to_later_is_judged_at_each_message(host: Host, site: Site, kept: Hook) -> None:
    notice = a_webhook(site, kept, host)
    inside = replace(host, webhooks=Webhooks(Addresses()))
    happens(site)
    delivery = again(notice, inside)
    assert (delivery.status, "not the internet" in delivery.error) == ("failed", True)
    assert kept.told == []
    refused = drive(create_notice(ME, site, url=f"http://127.0.0.1:{kept.port}/"), inside)
    assert (refused.status, "not the internet" in refused.error) == ("undone", True)
    assert Notice.objects.count() == 1


def test_a_test_arrives_or_says_why_not(host: Host, site: Site, kept: Hook, mails: KeptMails) -> None:
    for notice in (a_webhook(site, kept, host), a_mailbox(site, host)):
        assert drive(try_notice(ME, notice), host).status == "done"
    assert "This message shows that you are told" in kept.said()["text"]
    assert "This message shows" in mails.text()
    mails.answers = {"ana@example.com": "550 5.1.1 unknown"}
    told = drive(try_notice(ME, notice), host)
    assert (told.status, "550 5.1.1 unknown" in told.error) == ("undone", True)


def test_one_who_is_told_no_more_is_gone_with_what_he_was_told(host: Host, site: Site, kept: Hook) -> None:
    notice = a_webhook(site, kept, host)
    happens(site)
    assert drive(delete_notice(ME, notice), host).status == "done"
    assert not Notice.objects.exists()
    assert not Delivery.objects.exists()
    assert deliver(notice.pk, host) == "0 told"
    assert a_webhook(site, kept, host).name == f"{site.slug}.1"


def test_killed_after_it_was_told_it_is_told_again_and_never_lost(host: Host, site: Site, kept: Hook) -> None:
    notice = a_webhook(site, kept, host)
    happens(site)

    def told_and_killed() -> None:
        delivering._end = lambda *how: os.kill(os.getpid(), signal.SIGKILL)
        deliver(notice.pk, host)

    assert in_a_child(told_and_killed) == signal.SIGKILL
    assert notice.deliveries.get().status == "waiting"
    assert deliver(notice.pk, host) == "1 told"
    assert len(kept.told) == 2
    assert kept.told[0][2] == kept.told[1][2]


def test_two_at_once_tell_it_once(host: Host, site: Site, kept: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    notice, second = a_webhook(site, kept, host), []
    happens(site)
    post = host.webhooks.post

    def meanwhile(*what: object) -> None:
        second.append(deliver(notice.pk, host))
        post(*what)  # type: ignore[arg-type]

    monkeypatch.setattr(host.webhooks, "post", meanwhile)
    assert deliver(notice.pk, host) == "1 told"
    assert second == ["somebody is at it"]
    assert len(kept.told) == 1


def test_so_many_messages_are_remembered(host: Host, site: Site, kept: Hook) -> None:
    notice = a_webhook(site, kept, host)
    facts = {"server": site.server, "kind": "x", "subject_kind": "site", "state": "", "raised_at": now()}
    for number in range(KEPT + 5):
        event = Event.objects.create(subject_id=number, closed_at=now(), **facts)
        Delivery.objects.create(notice=notice, event=event, due_at=now(), status="sent", ended_at=now())
    happens(site)
    again(notice, host)
    assert notice.deliveries.count() == KEPT


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({}, "give an address of mail, or"),
        ({"email": "a@b.example", "url": "https://x.example/"}, "and not both"),
        ({"email": "no address"}, "'no address' is not an address of mail"),
        ({"email": "a@b.example\nBcc: c@d.example"}, "is not an address of mail"),
        ({"email": "a@b.example", "secret": "s"}, "a mail is not signed"),
        ({"url": "ftp://x.example/canary-token"}, "this is not one of the web"),
        ({"url": "https://x.example/", "secret": "s" * 201}, "at most 200"),
        ({"url": "https://x.example/", "secret": "a\nb"}, "in one line"),
    ],
)
def test_what_is_no_notice_is_told(site: Site, words: dict[str, str], said: str) -> None:
    with pytest.raises(Invalid, match=said) as told:
        create_notice(ME, site, **words)
    assert "canary" not in str(told.value)
    assert not Operation.objects.exists()


def test_a_site_tells_so_many_and_no_more(site: Site) -> None:
    for number in range(20):
        Notice.objects.create(server=site.server, site=site, name=f"x.{number}", kind="email", to="a@b.example")
    with pytest.raises(Full, match="which is the most"):
        create_notice(ME, site, email="a@b.example")


def test_35_a_webhook_s_address_and_secret_are_nowhere(host: Host, site: Site, kept: Hook) -> None:
    notice = a_webhook(site, kept, host)
    kept.status = 500
    happens(site)
    again(notice, host)
    drive(try_notice(ME, notice), host)
    rows = [*Operation.objects.all(), *StepRun.objects.all(), *AuditRow.objects.all()]
    rows += [*Notice.objects.all(), *Delivery.objects.all(), *Event.objects.all()]
    told = json.dumps([{name: str(value) for name, value in vars(row).items()} for row in rows])
    assert SECRET not in told
    assert TOKEN not in told
