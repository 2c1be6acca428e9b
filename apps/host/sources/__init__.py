"""An application's files, got once and kept in the cache: unpacked, readable by all, changeable by nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from apps.host.download import Tampered
from apps.host.errors import HostError, Refused, Unavailable
from apps.host.sources.debian import Debian
from apps.host.sources.origin import Origin, Tell
from apps.host.sources.own import own_origin
from apps.host.sources.store import Store
from apps.host.sources.vendor import Vendor

if TYPE_CHECKING:
    from apps.sites.kinds.base import Source


class Sources:
    """*overrides* has, by a source's name, the administrator's own archive, folder or mirror (path or
    address), and by ``<name>.sha256`` its digest. Proxies are those of the environment.
    """

    def __init__(self, cache: Path, overrides: Mapping[str, str]) -> None:
        self.cache = cache
        self._overrides = overrides

    def offers(self, source: Source) -> bool:
        """Whether there is anywhere to get *source* from: not where its vendor has none and none is set."""
        return any(True for _ in self._origins(source))

    def ready(self, source: Source) -> Path | None:
        """The newest tree of *source* that is in the cache, None if it has to be got first."""
        names = [origin.name for origin in self._origins(source)]
        return Store(self.cache / source.name).newest(names)

    def tree(self, source: Source, progress: Tell | None = None) -> Path:
        """The tree to copy a new site from. It is got once; who comes meanwhile waits for it.

        *progress* takes bytes done, bytes in all (0: not known) and what is being done; what it raises breaks
        the work off, and the next call goes on from there. Raises Tampered at once for files that are not
        what their publisher says; when no origin has it, Unavailable if one may later, else Refused.
        """
        tell = progress or (lambda done, total, text: None)
        store = Store(self.cache / source.name)
        if found := self.ready(source):
            return found
        with store.alone(lambda: tell(0, 0, f"{source.label} is being fetched by another process")):
            return self.ready(source) or self._get(source, store, tell)

    def _get(self, source: Source, store: Store, tell: Tell) -> Path:
        failed: list[HostError] = []
        for origin in self._origins(source):
            try:
                with store.staging() as folder:
                    tree = origin.get(folder, store.downloads, tell)
                    return store.keep(tree, source, origin.name)
            except Tampered:
                raise
            except HostError as error:
                failed.append(error)
        kind = Unavailable if any(isinstance(error, Unavailable) for error in failed) else Refused
        reasons = " ".join(dict.fromkeys(map(str, failed)))
        setting = f"FRANKENPANEL_{source.name.upper()}_SOURCE"
        raise kind(f"{source.label} cannot be had. {reasons} {setting} may name an archive of your own.")

    def _origins(self, source: Source) -> Iterator[Origin]:
        """The administrator's own alone, if there is one: whoever sets it means that one."""
        if own := self._overrides.get(source.name):
            yield own_origin(source, own, self._overrides.get(f"{source.name}.sha256", ""))
            return
        if source.archive:
            yield Vendor(source)
        if source.debian:
            for suite in source.debian.suites:
                yield Debian(source, source.debian, suite)
