"""Drivers that are away, or whose disk is full, for as long as a test says. They make faults happen, nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from apps.host.errors import HostError, Refused, Unavailable
from apps.host.host import Host

FULL = "The disk is too full: 4096 bytes are needed and 0 are free."
AWAY = "The {} does not answer."
WRITES = ("write", "write_for_front", "write_as", "copy_as", "make_site", "make_runtime", "make_folder_as")


@dataclass
class Fault:
    """*part* of a host fails with *error*, in the methods of *names* or in all.

    *asked*: what was called of them. *struck*: what of that failed.
    """

    part: str
    error: HostError
    names: tuple[str, ...] = ()
    on: bool = False
    asked: list[str] = field(default_factory=list)
    struck: list[str] = field(default_factory=list)

    def host(self, host: Host) -> Host:
        failing: dict[str, Any] = {self.part: _Failing(getattr(host, self.part), self)}
        return replace(host, **failing)

    @contextmanager
    def happening(self) -> Iterator[None]:
        self.on = True
        try:
            yield
        finally:
            self.on = False


def away(part: str) -> Fault:
    """``mysql`` or ``front``: stopped, as their drivers say it."""
    return Fault(part, Unavailable(AWAY.format(part)))


def full_disk() -> Fault:
    return Fault("files", Refused(FULL), WRITES)


class _Failing:
    def __init__(self, driver: Any, fault: Fault) -> None:
        self._driver, self._fault = driver, fault

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._driver, name)
        if not callable(found) or (self._fault.names and name not in self._fault.names):
            return found

        def struck(*args: Any, **kwargs: Any) -> Any:
            self._fault.asked.append(name)
            if self._fault.on:
                self._fault.struck.append(name)
                raise self._fault.error
            return found(*args, **kwargs)

        return struck
