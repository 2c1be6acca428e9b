"""What a runner reads of a site's logs for the doors."""

from __future__ import annotations

from apps.host import site_logs
from apps.host.host import Host
from apps.host.supervisor.logs import tail
from apps.operations.models import Question
from apps.operations.questions import answers
from apps.sites.models import Site
from apps.workers import loglines

FILES = {"access": "access.log", "php": "php-error.log"}
"""What is the site's own: read as its user. The worker's log is root's, in a folder of root's."""
NEAR, FAR = 1_000_000, 4_000_000
"""Bytes from the end that are read at most; where something is looked for, more."""


@answers("site-logs")
def logs(question: Question, host: Host) -> list[loglines.Line]:
    """``[{at, level, text}]``, newest last. However long the log is, no more than its end is ever read."""
    site = Site.objects.get(pk=question.params["site_id"])
    which, wanted = question.params["which"], question.params["filter"]
    lines = int(question.params["lines"])
    content = _content(host, site, which, FAR if wanted else NEAR)
    return loglines.read(which, content, lines, wanted)


def _content(host: Host, site: Site, which: str, limit: int) -> str:
    if which not in FILES:
        return "\n".join(tail(host.places.worker_log(site.slug), limit, limit))
    owner = host.users.identity(host.places.site_user(site.pk))
    content = site_logs.tail_as(owner, host.places.site_logs(site.slug), FILES[which], limit)
    whole = content if len(content) < limit else content.partition(b"\n")[2]  # the first line may be half a one
    return whole.decode(errors="replace")
