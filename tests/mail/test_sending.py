"""From PHP's ``mail()`` to a real relay: as the site's user, without a secret, and no more in an hour than it may."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils.timezone import now

from apps.audit.models import AuditRow
from apps.host.addresses import Addresses
from apps.host.command import run
from apps.host.host import Host
from apps.host.smtp import Smtp
from apps.host.visit import fetch
from apps.lifecycle.mail import set_server_relay, set_site_relay, try_site_mail
from apps.mail import sending
from apps.mail.chores import look_into_the_postboxes
from apps.mail.models import Mail, Relay
from apps.operations.asking import Ask
from apps.operations.letterbox import letterbox_of
from apps.operations.models import Operation, StepRun
from apps.servers.models import Server
from apps.sites.models import Site
from tests.lifecycle.driving import ask, drive
from tests.operations.test_crash import take_back
from tests.parts.relay import PASSWORD, USER, free_port, relay
from tests.parts.relay import Relay as Kept
from tests.parts.tenants import AS_ROOT

pytestmark = [pytest.mark.host, pytest.mark.django_db(transaction=True)]
ME = Ask(user=None, door="test")
PAGE = """<?php
$began = microtime(true);
$fields = "From: shop@rose.example\\r\\nBcc: eve@e.example";
$sent = mail($_GET['to'], 'Hello', "Dear Ana\\n", $fields, '-fevil@e.example');
echo json_encode([$sent, round(microtime(true) - $began, 3)]);"""


@pytest.fixture(autouse=True)
def unsent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.operations.sending.send", lambda pk, queue, after=0.0: None)
    monkeypatch.setattr("apps.operations.sending.wake", lambda task, queue, **about: None)


@pytest.fixture
def site(machine: Host) -> Iterator[Site]:
    operation = drive(ask(name="Post", database=False), machine)
    assert operation.status == "done", operation.error
    made = Site.objects.get(pk=operation.subject_id)
    Server.objects.filter(pk=made.server_id).update(letterbox=letterbox_of(machine))
    identity = machine.users.identity(machine.places.site_user(made.pk))
    machine.files.write_as(identity, made.slug, "public/send.php", PAGE)
    yield Site.objects.select_related("server").get(pk=made.pk)
    machine.postbox.open_for(None, there_is_a_relay=False)
    take_back(operation.pk, machine)


@pytest.fixture
def kept() -> Iterator[Kept]:
    with relay(login=True) as kept:
        yield kept


def given(host: Host, site: Site, kept: Kept, **more: object) -> Operation:
    words = {"host": "127.0.0.1", "port": kept.port, "security": "none", "login": USER, "password": PASSWORD}
    return drive(set_site_relay(ME, site, **{**words, "sender": "mail@rose.example", **more}), host)


def php_sends(site: Site, to: str = "ana@a.example") -> tuple[bool, float]:
    status, body = fetch(site.port or 0, "post.localhost", f"/send.php?to={to}")
    assert status == 200, body
    sent, seconds = json.loads(body)
    return bool(sent), float(seconds)


def mails() -> list[tuple[str, str]]:
    return [(mail.status, mail.to) for mail in Mail.objects.order_by("id")]


def test_php_hands_a_mail_over_and_the_relay_gets_it(machine: Host, site: Site, kept: Kept) -> None:
    assert given(machine, site, kept).status == "done"
    assert php_sends(site)[0] is True
    assert look_into_the_postboxes(site.server, machine) == [site.pk]
    Site.objects.filter(pk=site.pk).update(status="suspended")
    assert look_into_the_postboxes(site.server, machine) == []
    assert sending.deliver(site.pk, machine) == "nothing to send"
    Site.objects.filter(pk=site.pk).update(status="active")
    assert sending.deliver(site.pk, machine) == "1 sent"
    assert (kept.mails[0].mail_from, kept.mails[0].rcpt_tos) == (
        "mail@rose.example",
        ["ana@a.example", "eve@e.example"],
    )
    text = kept.text()
    assert text.endswith("\r\n\r\nDear Ana\r\n\r\n")
    assert ("From: shop@rose.example" in text, f"X-Site: {site.slug}" in text, "eve@" in text) == (True, True, False)
    assert mails() == [("sent", "ana@a.example")]
    assert look_into_the_postboxes(site.server, machine) == []
    assert machine.postbox.names(site.pk) == []


def test_without_a_relay_mail_fails_at_once(machine: Host, site: Site) -> None:
    sent, seconds = php_sends(site)
    assert (sent, seconds < 2) == (False, True)
    assert machine.postbox.names(site.pk) == []
    assert "has no relay" in machine.places.worker_log(site.slug).read_text()


def test_the_servers_relay_is_for_every_site_that_has_none_of_its_own(machine: Host, site: Site, kept: Kept) -> None:
    words = {"host": "127.0.0.1", "port": kept.port, "security": "none", "login": USER, "password": PASSWORD}
    drive(set_server_relay(ME, site.server, **words, sender="mail@host.example"), machine)
    assert php_sends(site)[0] is True
    with relay() as own:
        given(machine, site, own, login="", password="", sender="own@rose.example")
        sending.deliver(site.pk, machine)
        assert [mail.mail_from for mail in own.mails] == ["own@rose.example"]
    drive(set_site_relay(ME, site), machine)
    assert php_sends(site)[0] is True
    sending.deliver(site.pk, machine)
    assert [mail.mail_from for mail in kept.mails] == ["mail@host.example"]
    drive(set_server_relay(ME, site.server), machine)
    assert php_sends(site)[0] is False
    assert not Relay.objects.exists()


def test_a_relay_that_refuses_the_login_is_not_taken_and_its_words_are_told(
    machine: Host, site: Site, kept: Kept
) -> None:
    operation = given(machine, site, kept, password="wrong")
    assert (operation.status, Relay.objects.count()) == ("undone", 0)
    assert f"127.0.0.1:{kept.port} refuses the login of rose: 535" in operation.error


def test_a_sites_own_relay_is_in_the_internet_or_where_the_settings_allow(
    machine: Host, site: Site, kept: Kept
) -> None:
    """Its owner names it; the server's is named by the host's people, who may have one beside the panel."""
    strict = replace(machine, smtp=Smtp(Addresses()))
    refused = given(strict, site, kept)
    assert (refused.status, "FRANKENPANEL_PRIVATE_NETWORKS" in refused.error) == ("undone", True)
    words = {"host": "127.0.0.1", "port": kept.port, "security": "none", "login": USER, "password": PASSWORD}
    drive(set_server_relay(ME, site.server, **words, sender="mail@host.example"), strict)
    assert drive(try_site_mail(ME, site, "ana@a.example"), strict).status == "done"
    given(machine, site, kept)
    php_sends(site)
    assert sending.deliver(site.pk, strict) == "0 sent"
    assert "not the internet" in Mail.objects.get().error
    assert len(kept.mails) == 1


def test_a_test_mail_arrives_or_says_why_not(machine: Host, site: Site, kept: Kept) -> None:
    assert "There is no relay" in drive(try_site_mail(ME, site, "ana@a.example"), machine).error
    given(machine, site, kept)
    assert drive(try_site_mail(ME, site, "ana@a.example"), machine).status == "done"
    assert "A test of outgoing mail" in kept.text()
    kept.answers = {"ana@a.example": "550 5.1.1 unknown"}
    told = drive(try_site_mail(ME, site, "ana@a.example"), machine)
    assert (told.status, "takes nothing for ana@a.example: 550 5.1.1 unknown" in told.error) == ("undone", True)


def test_more_than_the_site_may_waits_for_the_next_hour(machine: Host, site: Site, kept: Kept) -> None:
    given(machine, site, kept, per_hour=5)
    for _ in range(4):
        php_sends(site)
    assert sending.deliver(site.pk, machine) == "2 sent"
    waiting = Mail.objects.filter(status="waiting")
    assert [mail.error for mail in waiting] == [sending.FULL.format(5)] * 2
    Mail.objects.filter(status="sent").update(ended_at=now() - timedelta(hours=2))
    waiting.update(due_at=now())
    assert sending.deliver(site.pk, machine) == "2 sent"
    assert len(kept.mails) == 4


def test_a_relay_that_is_away_is_tried_again_and_one_that_refuses_is_not(machine: Host, site: Site, kept: Kept) -> None:
    given(machine, site, kept)
    php_sends(site)
    Relay.objects.update(port=free_port())
    sending.deliver(site.pk, machine)
    mail = Mail.objects.get()
    assert (mail.status, mail.tries, "does not answer on port" in mail.error) == ("waiting", 1, True)
    assert look_into_the_postboxes(site.server, machine) == []
    Relay.objects.update(port=kept.port)
    kept.answers = {"DATA": "554 this is spam"}
    Mail.objects.update(due_at=now())
    sending.deliver(site.pk, machine)
    mail.refresh_from_db()
    assert (mail.status, "554 this is spam" in mail.error) == ("failed", True)
    assert machine.postbox.names(site.pk) == []


@AS_ROOT
def test_what_is_no_message_of_the_sites_user_is_never_opened(machine: Host, site: Site, kept: Kept) -> None:
    given(machine, site, kept)
    postbox = machine.places.postbox(site.pk)
    identity = machine.users.identity(machine.places.site_user(site.pk))
    names = [f"{number:020d}-1.mail" for number in range(5)]
    run(["ln", "-s", "/etc/shadow", postbox / names[0]], identity=identity)
    run(["mkfifo", postbox / names[1]], identity=identity)
    run(["mkdir", postbox / names[2]], identity=identity)
    (postbox / names[3]).write_text('{"to": ["ana@a.example"]}\nSubject: of root\n\n')
    run(["dd", f"of={postbox / names[4]}"], identity=identity, stdin=b"no head\nTo: ana@a.example\n\n")
    began = time.monotonic()
    assert sending.deliver(site.pk, machine) == "0 sent"
    assert time.monotonic() - began < 60, "nobody ever writes into the pipe"
    assert {(mail.file, mail.status) for mail in Mail.objects.all()} == {(name, "failed") for name in names[3:]}
    run(["dd", f"of={postbox / names[4]}"], identity=identity, stdin=b"once more under a name that was used")
    sending.deliver(site.pk, machine)
    assert look_into_the_postboxes(site.server, machine) == []
    assert kept.mails == []


@AS_ROOT
def test_another_site_can_neither_see_nor_fill_the_spool(machine: Host, site: Site) -> None:
    stranger = machine.users.create(machine.places.site_user(site.pk + 1000))
    postbox = machine.places.postbox(site.pk)
    try:
        for deed in (["ls", str(postbox)], ["touch", str(postbox / "x")], ["rmdir", str(postbox)]):
            with pytest.raises(Exception, match="Permission denied"):
                run(deed, identity=stranger)
    finally:
        machine.users.remove(machine.places.site_user(site.pk + 1000))


def test_35_the_relays_password_is_nowhere(machine: Host, site: Site, kept: Kept) -> None:
    given(machine, site, kept)
    given(machine, site, kept, password=f"{PASSWORD}-wrong")
    php_sends(site)
    sending.deliver(site.pk, machine)
    rows = [*Operation.objects.all(), *StepRun.objects.all(), *AuditRow.objects.all(), *Relay.objects.all()]
    told = json.dumps([{name: str(value) for name, value in vars(row).items()} for row in rows])
    assert PASSWORD not in told
    places = machine.places
    for top in (places.site(site.slug), places.runtime(site.pk), places.logs(site.slug), places.root / "mail"):
        for folder, _, files in os.walk(top):
            for name in files:
                assert PASSWORD.encode() not in Path(folder, name).read_bytes(), f"{folder}/{name}"
    assert len(kept.mails) == 1
