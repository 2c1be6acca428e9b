"""A message as a site handed it over, made into one that a relay takes.

Lines end alike (a lone CR or LF could end the message early for the next server, and begin another one), Bcc is only
told the relay, and what every mail must have is added. The rest is the site's, to the byte: it may be signed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.header import decode_header, make_header
from email.parser import BytesHeaderParser
from email.utils import formatdate, getaddresses, make_msgid
from typing import Any

from apps.host.printable import one_line
from apps.mail.addresses import is_address

MOST = 100
"""Recipients of one message."""
ENDS = re.compile(rb"\r\n|\r|\n")
BCC = re.compile(rb"^bcc:[^\r\n]*\r\n([ \t][^\r\n]*\r\n)*", re.IGNORECASE | re.MULTILINE)
TO = ("to", "cc", "bcc")


@dataclass(frozen=True)
class Ready:
    recipients: tuple[str, ...]
    subject: str
    content: bytes


def ready(message: bytes, to: Iterable[str], sender: str, slug: str) -> Ready:
    """*to*: recipients beside those in the message's fields. Raises ValueError with a sentence for a person."""
    head, _, body = ENDS.sub(b"\r\n", message).partition(b"\r\n\r\n")
    fields = BytesHeaderParser().parsebytes(head)
    named = getaddresses([*to, *(str(value) for name in TO for value in fields.get_all(name, []))])
    recipients = tuple(dict.fromkeys(address for _, address in named if is_address(address)))
    if not recipients or len(recipients) > MOST:
        raise ValueError(f"A message has 1 to {MOST} recipients; this one has {len(recipients)} that are addresses.")
    kept = BCC.sub(b"", head + b"\r\n")
    return Ready(recipients, _shown(fields["subject"]), _added(fields, sender, slug) + kept + b"\r\n" + body)


def _added(fields: Any, sender: str, slug: str) -> bytes:
    """What is missing; and the site that it comes from, for whoever gets a complaint."""
    wanted = {
        "Date": formatdate(localtime=False),
        "Message-ID": make_msgid(domain=sender.partition("@")[2]),
        "From": sender,
        "To": "undisclosed-recipients:;",
    }
    lines = [f"{name}: {value}\r\n" for name, value in wanted.items() if name not in fields]
    return "".join([f"X-Site: {slug}\r\n", *lines]).encode()


def _shown(subject: Any) -> str:
    """For the panel's own list: never more than that."""
    try:
        text = str(make_header(decode_header(str(subject or ""))))
    except (LookupError, ValueError):
        text = str(subject)
    return one_line(text, 120)
