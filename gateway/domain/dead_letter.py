"""A dead letter as an operator knows it: one per message and service, whatever often it died."""

import hashlib
from enum import StrEnum
from typing import Any, Final

import msgspec

from gateway.domain.routing import GATEWAY, SERVICES

# Whose letters there may be.
CORRESPONDENTS: Final = (*SERVICES, GATEWAY)


class DeadLetterState(StrEnum):
    """`waiting` for somebody who decides. A replayed one that dies again waits again."""

    WAITING = "waiting"
    REPLAYED = "replayed"
    DISCARDED = "discarded"


class DeadLetterStepKind(StrEnum):
    """What happened to a letter."""

    DIED = "died"
    REPLAYED = "replayed"
    DISCARDED = "discarded"


def digest_of(body: bytes) -> bytes:
    """Knows a message again: a replay has the very bytes, and two events never have the same, for their ids differ."""
    return hashlib.sha256(body).digest()


def envelope_in(body: bytes) -> dict[str, Any] | None:
    """The envelope, or None for bytes that are no JSON object, which may be why it died."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def partition_key_in(body: bytes) -> str | None:
    """The key whose order matters, as far as the message says."""
    key = (envelope_in(body) or {}).get("partitionkey")
    return key if isinstance(key, str) and key and "\0" not in key else None
