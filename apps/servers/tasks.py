"""What a runner says when it is at work: ``./panel up`` waits for it."""

from __future__ import annotations

import logging
from typing import Any

from celery.signals import worker_ready

logger = logging.getLogger(__name__)
READY = "takes operations now"


@worker_ready.connect
def say_ready(sender: Any, **_: object) -> None:
    logger.warning("%s %s", sender.hostname, READY)
