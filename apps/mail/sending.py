"""From a site's postbox to its relay: one message after the other, as many in an hour as the site may.

A message that the relay has, and whose line was not written before a crash, is sent twice: none is lost.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import Sum
from django.utils.timezone import now

from apps.host import oplock
from apps.host.command import Identity
from apps.host.errors import Refused, Unavailable
from apps.host.host import Host
from apps.host.postbox import Letter
from apps.host.smtp import Server as SmtpServer
from apps.mail.message import ready
from apps.mail.models import Mail, Relay
from apps.mail.relays import SENDING, relay_of, smtp_for
from apps.sites.models import Site

HOUR = timedelta(hours=1)
GIVES_UP = timedelta(hours=24)
PAUSES = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60)]
KEPT = 100
"""Mails of a site that are remembered, beside those of the last hour."""
VANISHED = "The site has taken it away before it was sent."
FULL = "This site may write to {} recipients in an hour; the rest waits."


def deliver(pk: int, host: Host) -> str:
    """Send what is due of site *pk*. Somebody who is at it already will see to the rest."""
    lock = settings.PLACES.mail_lock(pk)
    sites = Site.objects.select_related("server").filter(server__name=settings.SERVER, status__in=SENDING)
    site = sites.filter(pk=pk).first()
    relay = relay_of(site) if site else None
    descriptor = oplock.acquire(lock) if site and relay else None
    if site is None or relay is None or descriptor is None:
        return "nothing to send"
    try:
        return f"{Delivery(site, relay, host).run()} sent"
    finally:
        oplock.release(lock, descriptor, remove=True)


class Delivery:
    def __init__(self, site: Site, relay: Relay, host: Host) -> None:
        self.site, self.relay, self.host = site, relay, host
        self.owner: Identity = host.users.identity(settings.PLACES.site_user(site.pk))

    def run(self) -> int:
        """Returns how many were sent."""
        names = self.host.postbox.names(self.site.pk)
        self._write_down(names)
        server, sent = smtp_for(self.host, self.relay), 0
        due = Mail.objects.filter(site=self.site, status=Mail.Status.WAITING, due_at__lte=now())
        for mail in due.order_by("id"):
            if mail.file not in names:
                _end(mail, Mail.Status.FAILED, VANISHED)
            elif self._send(mail, server):
                sent += 1
        self._forget()
        return sent

    def _write_down(self, names: list[str]) -> None:
        rows = Mail.objects.filter(site=self.site, file__in=names)
        known = dict(rows.values_list("file", "status"))
        for name, status in known.items():
            if status != Mail.Status.WAITING:  # a crash has left it, or the site gave a name a second time
                self.host.postbox.remove(self.site.pk, name)
        Mail.objects.bulk_create(Mail(site=self.site, file=name, due_at=now()) for name in names if name not in known)

    def _send(self, mail: Mail, server: SmtpServer) -> bool:
        try:
            letter = self.host.postbox.read(self.site.pk, mail.file, self.owner)
            return self._hand_over(mail, letter, server)
        except Unavailable as trouble:
            _put_off(mail, str(trouble))
        except (Refused, ValueError) as refusal:
            _end(mail, Mail.Status.FAILED, str(refusal))
        if mail.status == Mail.Status.FAILED:
            self.host.postbox.remove(self.site.pk, mail.file)
        return False

    def _hand_over(self, mail: Mail, letter: Letter, server: SmtpServer) -> bool:
        made = ready(letter.message, letter.to, self.relay.sender, self.site.slug)
        mail.to, mail.recipients, mail.subject = made.recipients[0][:200], len(made.recipients), made.subject
        if sent_in_the_last_hour(self.site) + mail.recipients > self.relay.per_hour:
            _wait(mail, PAUSES[1], FULL.format(self.relay.per_hour))
            return False
        refused = self.host.smtp.send(server, self.relay.sender, made.recipients, made.content)
        self.host.postbox.remove(self.site.pk, mail.file)
        told = "; ".join(f"not to {address}: {why}" for address, why in refused.items())
        _end(mail, Mail.Status.SENT, told)
        return True

    def _forget(self) -> None:
        old = Mail.objects.filter(site=self.site).exclude(status=Mail.Status.WAITING).order_by("-id")[KEPT:]
        Mail.objects.filter(pk__in=list(old.values_list("pk", flat=True)), ended_at__lt=now() - HOUR).delete()


def sent_in_the_last_hour(site: Site) -> int:
    """Recipients, not messages."""
    sent = Mail.objects.filter(site=site, status=Mail.Status.SENT, ended_at__gt=now() - HOUR)
    return int(sent.aggregate(Sum("recipients"))["recipients__sum"] or 0)


def _put_off(mail: Mail, why: str) -> None:
    if now() - mail.handed_at > GIVES_UP:
        _end(mail, Mail.Status.FAILED, f"{why} It was tried for a day.")
        return
    mail.tries += 1
    _wait(mail, PAUSES[min(mail.tries, len(PAUSES)) - 1], why)


def _wait(mail: Mail, pause: timedelta, why: str) -> None:
    mail.due_at, mail.error = now() + pause, why[:400]
    mail.save()


def _end(mail: Mail, status: Mail.Status, error: str) -> None:
    mail.status, mail.error, mail.ended_at = status, error[:400], now()
    mail.save()
