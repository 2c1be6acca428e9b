"""A folder as the broker of a panel that was given none: kombu's file system transport, made safe for two accounts.

A message appears whole (it is renamed into place), one that cannot be read is thrown away instead of ending the
runner, and bindings stay in memory: kombu's file of them would belong to whichever account came first.
"""

from __future__ import annotations

import logging
import uuid
from pathlib import Path
from queue import Empty
from time import monotonic
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, filesystem, virtual
from kombu.utils.json import dumps

logger = logging.getLogger(__name__)
STOPS_WITHIN = 0.2


class Channel(filesystem.Channel):
    supports_fanout = False
    get_table = virtual.Channel.get_table  # type: ignore[assignment]

    def _queue_bind(self, *args: Any) -> None:
        """Kept by the channel's state, as the in-memory transport does."""

    def _put(self, queue: str, message: Any, **kwargs: Any) -> None:  # type: ignore[override]
        name = f"{round(monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        beside = Path(self.data_folder_out) / f".{name}"
        beside.write_text(dumps(message))
        beside.rename(Path(self.data_folder_out) / name)

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        try:
            return super()._get(queue)
        except ValueError as error:
            logger.warning("a message that is no JSON was thrown away: %s", error)
            raise Empty from error


class Transport(filesystem.Transport):
    Channel = Channel
    default_connection_params: dict[str, Any] = {}  # a folder has no host to fall back to
    driver_name = "folder"

    def drain_events(self, connection: Any, timeout: float | None = None, **kwargs: Any) -> None:
        """Come back soon: between two calls Celery looks whether it was told to stop, and it calls once more then."""
        soon = min(timeout, STOPS_WITHIN) if timeout else timeout
        super().drain_events(connection, timeout=soon, **kwargs)


TRANSPORT_ALIASES["folder"] = "frankenpanel.broker:Transport"
TRANSPORT_ALIASES["redis"] = TRANSPORT_ALIASES["rediss"] = "frankenpanel.redis_broker:Transport"
