"""The steps that make and unmake somebody who is told, and the one that tells him something."""

from __future__ import annotations

from apps.host.errors import Refused
from apps.host.webhook import parsed
from apps.mail.relays import relay_at
from apps.notices.delivering import NO_RELAY, tell
from apps.notices.models import Notice
from apps.operations.flow import Step
from apps.operations.letterbox import take_out
from apps.operations.run import Run


class LookAtNotice(Step):
    """See that he can be told: there is a relay; or a webhook's host is one that may be connected to."""

    key = "notice-look"

    def plan(self, run: Run) -> str:
        notice = run.record(Notice)
        if notice.kind == Notice.Kind.EMAIL:
            return "See that the server has a relay for mail"
        return f"See that {notice.to} leads to where the panel may connect"

    def do(self, run: Run) -> None:
        notice = run.record(Notice)
        if notice.kind == Notice.Kind.WEBHOOK:
            run.host.webhooks.judge(parsed(take_out(run.host, notice.sealed_url)))
        elif relay_at(notice.server, None) is None:
            raise Refused(NO_RELAY)


class SwitchNotice(Step):
    """From then on he is told, or not."""

    key = "notice-switch"

    def __init__(self, *, active: bool) -> None:
        self.active = active

    def plan(self, run: Run) -> str:
        notice = run.record(Notice)
        return f"Tell {notice.to} when something needs a hand" if self.active else f"Tell {notice.to} nothing more"

    def do(self, run: Run) -> None:
        Notice.objects.filter(pk=run.record(Notice).pk).update(active=self.active)

    def undo(self, run: Run) -> None:
        Notice.objects.filter(pk=run.params["notice_id"]).update(active=not self.active)


class SendTestNotice(Step):
    """At once, so that the other side's very words are told when it will not have it."""

    key = "notice-test"

    def plan(self, run: Run) -> str:
        return f"Tell {run.record(Notice).to} that this is a test"

    def do(self, run: Run) -> None:
        if not run.memo.get("told"):
            tell(run.record(Notice), [], run.host)
            run.remember("told", lambda: 1)
