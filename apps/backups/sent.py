"""An archive as an answer over HTTP, at whichever address it is asked for; from where it broke off, if it did."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from apps.accounts.long_streams import Held
from apps.backups import ranges
from apps.backups.downloads import TYPE, download, must_be_there
from apps.backups.links import linked
from apps.backups.models import Backup
from apps.host.errors import Unavailable
from apps.operations.asking import Ask
from apps.operations.refusals import Refusal


def sent(request: HttpRequest, asked: Ask, backup: Backup) -> HttpResponseBase:
    """Raises what ``download`` does, and Unavailable where others fetch so much already.

    Its digest is its ETag: whoever goes on with an archive has the beginning of this one, and of no other.
    """
    must_be_there(asked, backup)
    size, mark = backup.bytes or 0, f'"{backup.sha256}"'
    told = {"Content-Disposition": f'attachment; filename="{backup.file}"', "Cache-Control": "no-store"}
    told |= {"ETag": mark, "Accept-Ranges": "bytes", "Content-Length": str(size)}
    if other := get_conditional_response(request, mark):
        return other
    if request.method == "HEAD":
        return HttpResponse(content_type=TYPE, headers=told)
    part = ranges.part_of(request.headers, size, mark)
    if part is None:
        return _streamed(asked, backup, range(size), 200, told)
    told["Content-Range"] = ranges.told(part, size)
    if not part:
        return HttpResponse(status=416, content_type=TYPE, headers={**told, "Content-Length": "0"})
    return _streamed(asked, backup, part, 206, {**told, "Content-Length": str(len(part))})


def _streamed(asked: Ask, backup: Backup, part: range, status: int, told: dict[str, str]) -> StreamingHttpResponse:
    content = Held(lambda: download(asked, backup, part))
    return StreamingHttpResponse(content, status=status, content_type=TYPE, headers=told)


@require_safe
def by_link(request: HttpRequest, token: str) -> HttpResponseBase:
    """The archive that *token* opens; a line of text for whoever has a link that does not."""
    try:
        found = linked(token)
        return sent(request, found.asked, found.backup)
    except Refusal as refusal:
        return HttpResponse(f"{refusal}\n", "text/plain", refusal.status)
    except Unavailable as error:
        return HttpResponse(f"{error}\n", "text/plain", 503, headers={"Retry-After": "60"})
