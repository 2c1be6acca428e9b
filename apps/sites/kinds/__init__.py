"""The kinds of sites, by key: one for each module of this package that has a ``KIND``."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from apps.sites.kinds.base import Kind


def _found() -> dict[str, Kind]:
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    kinds: list[Kind] = [module.KIND for module in modules if hasattr(module, "KIND")]
    return {kind.key: kind for kind in sorted(kinds, key=lambda kind: kind.label)}


KINDS: dict[str, Kind] = _found()
