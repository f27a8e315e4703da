"""What a channel is given to send, and how it says that it could not."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.partners.adapters.document_rows import StoredFile
from services.partners.domain.delivery import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One delivery, ready to leave. `message_id` is the same however often this round of it is tried."""

    delivery_id: UUID
    message_id: str
    channel: Channel
    address: str
    name: str
    language: str
    document_id: UUID
    kind: str
    partner_code: str
    partner_name: str
    from_on: date
    to_on: date
    files: tuple[tuple[StoredFile, bytes], ...]
    is_optional: bool
    is_reminder: bool
    acknowledge_by_on: date | None
    link: str | None
    host_key: str | None = None
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The other side has it; `is_delivered` when that is the recipient itself and not a server on the way."""

    said: str
    is_delivered: bool


class AttemptFailed(Exception):
    """It was not taken. `is_final` when trying again would change nothing, `is_bounce` when its address is the reason."""

    def __init__(self, reason: str, *, is_final: bool = False, is_bounce: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_final = is_final or is_bounce
        self.is_bounce = is_bounce
