"""A site's message as a relay gets it: the site's own to the byte, and nothing smuggled."""

from __future__ import annotations

import pytest

from apps.mail.addresses import host, is_address
from apps.mail.message import ready

SENDER = "mail@host.example"


def made(message: str, *to: str) -> tuple[tuple[str, ...], str]:
    found = ready(message.encode(), to, SENDER, "rose")
    return found.recipients, found.content.decode()


def test_recipients_are_those_of_the_fields_and_the_arguments_once_each() -> None:
    message = "To: Ana <ana@a.example>, bob@b.example\nCc: ana@a.example\nBcc: eve@e.example\nSubject: Hi\n\nText\n"
    recipients, content = made(message, "zoe@z.example")
    assert recipients == ("zoe@z.example", "ana@a.example", "bob@b.example", "eve@e.example")
    assert "eve@e.example" not in content


def test_what_is_missing_is_added_and_what_is_there_is_left() -> None:
    _, content = made("To: ana@a.example\nFrom: shop@rose.example\nSubject: Hi\n\nText\n")
    head, _, body = content.partition("\r\n\r\n")
    assert "From: shop@rose.example" in head
    assert head.count("From:") == 1
    assert {"Date:", "Message-ID:", "X-Site:"} <= {line.split(" ")[0] for line in head.split("\r\n")}
    assert body == "Text\r\n"
    assert "From: mail@host.example" in made("To: ana@a.example\n\nText")[1]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_lone_end_of_line_cannot_end_the_message_for_the_next_server(end: str) -> None:
    smuggled = f"Text{end}.{end}MAIL FROM:<x@x.example>{end}"
    _, content = made(f"To: ana@a.example{end}Subject: Hi{end}{end}{smuggled}")
    assert content.endswith("Text\r\n.\r\nMAIL FROM:<x@x.example>\r\n")
    assert "\n" not in content.replace("\r\n", "")
    assert "\r" not in content.replace("\r\n", "")


def test_a_folded_bcc_goes_as_a_whole() -> None:
    message = "Bcc: eve@e.example,\n eva@e.example\nTo: ana@a.example\n\nBcc: this is text\n"
    recipients, content = made(message)
    assert set(recipients) == {"eve@e.example", "eva@e.example", "ana@a.example"}
    assert "eva@" not in content
    assert content.endswith("Bcc: this is text\r\n")


@pytest.mark.parametrize("message", ["Subject: Hi\n\nText", "To: nobody\n\nText", "To: a b@c\n\nx", "\n\n", "x"])
def test_without_a_recipient_it_is_refused(message: str) -> None:
    with pytest.raises(ValueError, match="recipients"):
        made(message)


def test_so_many_recipients_are_too_many() -> None:
    many = ", ".join(f"a{number}@a.example" for number in range(101))
    with pytest.raises(ValueError, match="101"):
        made(f"To: {many}\n\nText")


def test_a_subject_is_shown_as_people_read_it() -> None:
    message = b"To: a@a.example\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\n\n"
    assert ready(message, [], SENDER, "rose").subject == b"Gr\xc3\xbc\xc3\x9fe".decode()
    assert ready(b"To: a@a.example\nSubject: =?nonsense?q?x?=\n\n", [], SENDER, "rose").subject


@pytest.mark.parametrize(
    "text", ["a@b.example\n", "a@b.example\r\nRCPT TO:<x@x>", "<a@b>", "a b@c", "@b", "a@", "a@-b", "a@b" + "c" * 260]
)
def test_what_is_no_address_is_said_to_no_relay(text: str) -> None:
    assert not is_address(text)


@pytest.mark.parametrize("text", ["", "a b", "smtp.example.com\nx", "-a.example", "a" * 300, "http://x", "x/y", "u@h"])
def test_what_is_no_host_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="host name"):
        host(text)
