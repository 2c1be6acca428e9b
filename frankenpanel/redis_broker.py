"""Redis as the broker: kombu's transport without its event loop.

Where Celery finds an event loop, its pool works only while that turns, and it does not turn while the broker is away.
The runners' sweeper needs the pool then most of all, and calls it from a thread of its own, which only the other kind
of pool allows.
"""

from __future__ import annotations

from typing import Any

from kombu.transport import redis

from frankenpanel.broker import STOPS_WITHIN


class Transport(redis.Transport):
    implements = redis.Transport.implements.extend(asynchronous=False)
    brpop_timeout = 0.5  # type: ignore[assignment]
    """Seconds that Redis keeps a runner's question; its connection's time-out is longer, and it may then be closed."""

    def drain_events(self, connection: Any, timeout: float | None = None, **kwargs: Any) -> None:
        """Come back soon, as the folder does."""
        soon = min(timeout, STOPS_WITHIN) if timeout else timeout
        super().drain_events(connection, timeout=soon, **kwargs)
