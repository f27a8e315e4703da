"""Facts about account statements and balance confirmations, told by payments."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events.envelope import Event
from shared.events.payments import Currency


@dataclass(frozen=True, slots=True)
class StatementBalance:
    """What the partner owed at the end of the period; negative in its favour."""

    currency: Currency
    closing_minor: int


class StatementPublishedV1(Event):
    """A partner's statement was frozen and may be delivered; its content is fetched from `content_path`."""

    type_name: ClassVar[str] = "salesops.payments.statement_published.v1"
    source: ClassVar[str] = "payments"

    statement_id: UUID
    number: str
    partner_code: str
    zone: str | None
    kind: str
    title: str
    language: str
    from_on: date
    to_on: date
    pdf_sha256: str
    content_path: str
    balances: tuple[StatementBalance, ...]
    supersedes_id: UUID | None
    published_at: datetime


EVENTS: tuple[type[Event], ...] = (StatementPublishedV1,)
