"""Webhooks as Standard Webhooks has them: how a message is signed, when it is tried again, when one gives up.

Source: https://github.com/standard-webhooks/standard-webhooks, spec of 2023-12, read 2026-11.
"""

import base64
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Final

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - how secrets begin, not one
SECRET_BYTES: Final = 32

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


class Outcome(StrEnum):
    """What one attempt came to."""

    DELIVERED = "delivered"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    FORBIDDEN = "forbidden"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the endpoint answered, or why it did not; the excerpt is the beginning of its body."""

    status: int | None
    error: str | None
    excerpt: str
    duration_ms: int
    retry_after_seconds: int | None = None
    is_forbidden: bool = False

    @property
    def outcome(self) -> Outcome:
        """Only 2xx is success: a redirect is a failure, because where it leads was not checked."""
        if self.status is None:
            return Outcome.FORBIDDEN if self.is_forbidden else Outcome.UNREACHABLE
        if 200 <= self.status < 300:
            return Outcome.DELIVERED
        return Outcome.GONE if self.status == 410 else Outcome.REFUSED


def new_secret() -> str:
    """Return a random secret in the written form of the standard."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signatures(secrets_in_force: Sequence[str], *, message_id: str, timestamp: int, body: str) -> str:
    """Return the header `webhook-signature`: one signature per secret, the newest first."""
    content = f"{message_id}.{timestamp}.{body}".encode()
    return " ".join(_signature(secret, content) for secret in secrets_in_force)


def _signature(secret: str, content: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    return "v1," + base64.b64encode(hmac.digest(key, content, sha256)).decode()


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
