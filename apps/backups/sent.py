"""An archive as an answer over HTTP, at whichever address it is asked for."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET

from apps.accounts.long_streams import Held, Slot
from apps.backups.downloads import TYPE, download
from apps.backups.links import linked
from apps.backups.models import Backup
from apps.host.errors import Unavailable
from apps.operations.asking import Ask
from apps.operations.refusals import Refusal


def sent(asked: Ask, backup: Backup) -> StreamingHttpResponse:
    """Raises what ``download`` does, and Unavailable where others fetch so much already."""
    slot = Slot()
    try:
        content = download(asked, backup)
    except BaseException:
        slot.close()
        raise
    told = {"Content-Disposition": f'attachment; filename="{backup.file}"', "Cache-Control": "no-store"}
    told["Content-Length"] = str(backup.bytes)
    return StreamingHttpResponse(Held(content, slot), content_type=TYPE, headers=told)


@require_GET
def by_link(request: HttpRequest, token: str) -> HttpResponseBase:
    """The archive that *token* opens; a line of text for whoever has a link that does not."""
    try:
        found = linked(token)
        return sent(found.asked, found.backup)
    except Refusal as refusal:
        return HttpResponse(f"{refusal}\n", "text/plain", refusal.status)
    except Unavailable as error:
        return HttpResponse(f"{error}\n", "text/plain", 503, headers={"Retry-After": "60"})
