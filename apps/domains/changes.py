"""What may be changed of a domain, written as plain values: as it is, as it is wanted, and put into the records."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from apps.domains.models import Domain, PathRedirect
from apps.domains.redirects import PATH, TARGET
from apps.operations.refusals import Invalid

State = dict[str, Any]
MOST = 200
"""Path redirects that a domain may have."""
HELP = "write “/old /new” or “/old/* https://other.example.com/ 308”"


def state_of(domain: Domain) -> State:
    """*primary* and *pair* are ids: the site's primary domain's, its pair's. *paths*: as ``read_paths`` has them."""
    primary = Domain.objects.filter(site=domain.site_id, primary=True).values_list("pk", flat=True).first()
    paths = [[one.path, one.target, one.status] for one in domain.path_redirects.order_by("path")]
    facts = {"redirects": domain.redirects, "tls": str(domain.tls), "pair": domain.pair_id}
    return {"primary": primary, **facts, "paths": paths}


def put(domain: Domain, state: State) -> None:
    """Write *state* into the records of *domain* and its site. The caller's transaction keeps one primary a site."""
    Domain.objects.filter(site=domain.site_id, primary=True).exclude(pk=state["primary"]).update(primary=False)
    Domain.objects.filter(pk=state["primary"]).update(primary=True)
    facts = {"redirects": state["redirects"], "tls": state["tls"], "pair": state["pair"]}
    Domain.objects.filter(pk=domain.pk).update(**facts)
    domain.path_redirects.all().delete()
    PathRedirect.objects.bulk_create(
        PathRedirect(domain=domain, path=path, target=target, status=status) for path, target, status in state["paths"]
    )


def read_paths(text: str, host: str) -> list[list[Any]]:
    """Path redirects, one a line: a path, where it leads, and the status if it is not 301. Raises Invalid."""
    lines = [(number, line.split()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if len(lines) > MOST:
        raise Invalid("path_redirects", f"A domain has at most {MOST} path redirects and these are {len(lines)}.")
    found: dict[str, list[Any]] = {}
    for number, words in lines:
        path, target, status = _read_line(number, words)
        if path in found:
            raise Invalid("path_redirects", f"Line {number}: {path} stands there twice; leave one of them out.")
        if _meets(path, _path_here(target, host)):
            raise Invalid("path_redirects", f"Line {number}: {path} would lead to itself, for ever; lead it elsewhere.")
        found[path] = [path, target, status]
    return sorted(found.values())


def written(paths: list[list[Any]]) -> str:
    """The same as text, as a person typed it."""
    return "\n".join(f"{path} {target} {status}" for path, target, status in paths)


def _read_line(number: int, words: list[str]) -> tuple[str, str, int]:
    path, target, status = ([*words, "301"] if len(words) == 2 else [*words, "", "", ""])[:3]  # noqa: PLR2004
    known = [str(one) for one in PathRedirect.Status.values]
    if not PATH.fullmatch(path) or not TARGET.fullmatch(target) or len(words) > 3:  # noqa: PLR2004
        raise Invalid("path_redirects", f"Line {number} is no path redirect; {HELP}.")
    if status not in known:
        raise Invalid("path_redirects", f"Line {number} has no such status; choose one of {', '.join(known)}.")
    fields = PathRedirect._meta.get_field("path"), PathRedirect._meta.get_field("target")
    if any(len(word) > (field.max_length or 0) for word, field in zip((path, target), fields, strict=True)):
        raise Invalid("path_redirects", f"Line {number} is too long; a path has 200 characters, an address 500.")
    return path, target, int(status)


def _path_here(target: str, host: str) -> str:
    """The path that *target* has on *host*; empty where it leads to another one."""
    parts = urlsplit(target)
    return (parts.path or "/") if parts.hostname in (None, host) else ""


def _meets(path: str, there: str) -> bool:
    """Whether a request for *there* is one for *path*, as Caddy compares them: in lower case."""
    path, there = path.lower(), there.lower()
    return there.startswith(path[:-1]) if path.endswith("*") and there else path == there
