"""Facts about account statements and balance confirmations, told by payments."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

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
    consumers: ClassVar[tuple[str, ...]] = ("partners", "gateway")

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


class BalanceConfirmationAskedV1(Event):
    """A partner is asked to confirm its balance; the letter is fetched from `letter_path`."""

    type_name: ClassVar[str] = "salesops.payments.balance_confirmation_asked.v1"
    source: ClassVar[str] = "payments"
    consumers: ClassVar[tuple[str, ...]] = ("partners", "gateway")

    confirmation_id: UUID
    number: str
    statement_id: UUID
    partner_code: str
    zone: str | None
    kind: str
    as_of: date
    due_on: date
    currency: Currency
    balance_minor: int
    letter_path: str
    language: Annotated[str, Field(description="Of the letter: en, hi or mr")] = "en"


class BalanceConfirmationRemindedV1(Event):
    """A partner that has not replied is reminded."""

    type_name: ClassVar[str] = "salesops.payments.balance_confirmation_reminded.v1"
    source: ClassVar[str] = "payments"
    consumers: ClassVar[tuple[str, ...]] = ("gateway",)

    confirmation_id: UUID
    number: str
    partner_code: str
    zone: str | None
    reminder: int
    due_on: date
    letter_path: str


class BalanceConfirmedV1(Event):
    """The partner agreed, or every difference was explained (`is_reconciled`)."""

    type_name: ClassVar[str] = "salesops.payments.balance_confirmed.v1"
    source: ClassVar[str] = "payments"
    consumers: ClassVar[tuple[str, ...]] = ("gateway",)

    confirmation_id: UUID
    number: str
    partner_code: str
    zone: str | None
    as_of: date
    currency: Currency
    balance_minor: int
    partner_balance_minor: int
    is_reconciled: bool


class BalanceDisputedV1(Event):
    """The partner's books say otherwise; a question on payments was opened."""

    type_name: ClassVar[str] = "salesops.payments.balance_disputed.v1"
    source: ClassVar[str] = "payments"
    consumers: ClassVar[tuple[str, ...]] = ("gateway",)

    confirmation_id: UUID
    number: str
    partner_code: str
    zone: str | None
    as_of: date
    currency: Currency
    balance_minor: int
    partner_balance_minor: int
    query_number: str | None


EVENTS: tuple[type[Event], ...] = (
    StatementPublishedV1,
    BalanceConfirmationAskedV1,
    BalanceConfirmationRemindedV1,
    BalanceConfirmedV1,
    BalanceDisputedV1,
)
