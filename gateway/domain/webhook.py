"""Deliveries of webhooks: when one is tried again, and when one gives up.

Source: https://github.com/standard-webhooks/standard-webhooks, spec of 2023-12, read 2026-11.
"""

from datetime import timedelta
from enum import StrEnum
from typing import Final

from shared.webhooks.attempt import Reply

# Seconds after the attempt before, the first at once: together three days and three and a half hours.
DELAYS_SECONDS: Final = (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
JITTER_SHARE: Final = 0.1
RETRY_AFTER_SECONDS_MAX: Final = 86_400
# An endpoint that fails is left alone for a while, whatever else waits for it: 2, 4, 8 … seconds.
HOLD_SECONDS_MAX: Final = 300
OVERLOADED: Final = frozenset({429, 502, 503, 504})
OVERLOADED_HOLD_SECONDS: Final = 30


class EndpointState(StrEnum):
    """`paused` by us after three days of failures, `disabled` by its owner or by its own 410; `retired` for good."""

    ENABLED = "enabled"
    PAUSED = "paused"
    DISABLED = "disabled"
    RETIRED = "retired"


class DeliveryState(StrEnum):
    """`failed` when every attempt did, `cancelled` when its endpoint is gone or its event is forgotten."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELLED = "cancelled"


def next_delay(attempts: int, reply: Reply, *, chance: float) -> timedelta | None:
    """Return how long to wait after this many attempts, None when they were the last.

    `chance` between 0 and 1 spreads attempts that failed together. What the endpoint asks for is granted, at most a
    day. After 2 attempts: 300 to 330 seconds.
    """
    if attempts >= len(DELAYS_SECONDS):
        return None
    usual = DELAYS_SECONDS[attempts] * (1 + JITTER_SHARE * chance)
    asked = min(reply.retry_after_seconds or 0, RETRY_AFTER_SECONDS_MAX)
    return timedelta(seconds=max(usual, asked))


def hold(failures: int, reply: Reply) -> timedelta:
    """Return how long the endpoint is left alone after so many failures in a row, this one included."""
    asked = min(reply.retry_after_seconds or 0, RETRY_AFTER_SECONDS_MAX)
    least = OVERLOADED_HOLD_SECONDS if reply.status in OVERLOADED else 0
    return timedelta(seconds=max(min(2 ** min(failures, 10), HOLD_SECONDS_MAX), least, asked))
