"""The part of the caller's environment that the programs of a build need to reach their registries."""

from __future__ import annotations

import re
from collections.abc import Mapping

WANTED = re.compile(r"(?i)(https?|no|all)_proxy|SSL_CERT_\w+|PIP_\w+|GO(PROXY|SUMDB|NO\w+|PRIVATE)|HOME")


def network(env: Mapping[str, str]) -> dict[str, str]:
    """Proxies, certificates and mirrors: no other value of *env* goes to a program that is fetched."""
    return {name: value for name, value in env.items() if WANTED.fullmatch(name)}
