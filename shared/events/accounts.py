"""What a partner's account comes to in the ledger: told by payments, asked for by partners, which compares its sheets."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from shared.events.envelope import ITEMS_PER_EVENT_MAX, Event
from shared.events.payments import AmountMinor, Currency


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFigures:
    """One partner's account in one currency: the journal's word, and what is open by documents.

    Charges count as invoices. `items_sha256` is over a line `<kind> <id> <open minor>` of each open item by its id.
    """

    partner_code: str
    currency: Currency
    ledger_minor: Annotated[
        int, Field(description="What the partner owes by the journal; negative in its favour")
    ]
    invoices_count: int
    invoices_minor: AmountMinor
    advances_count: int
    advances_minor: AmountMinor
    credit_notes_count: int
    credit_notes_minor: AmountMinor
    items_sha256: str


class AccountsToldV1(Event):
    """What accounts come to after the ledger's batch at `position`; of two tellings the higher position holds."""

    type_name: ClassVar[str] = "salesops.payments.accounts_told.v1"
    source: ClassVar[str] = "payments"
    consumers: ClassVar[tuple[str, ...]] = ("partners",)

    position: Annotated[int, Field(description="Of the newest link of the audit chain that is counted")]
    as_of: datetime
    accounts: Annotated[tuple[AccountFigures, ...], Field(max_length=ITEMS_PER_EVENT_MAX)]


class AccountsWantedV1(Event):
    """Sheets of these partners are not what the ledger said last: payments tells their accounts again."""

    type_name: ClassVar[str] = "salesops.partners.accounts_wanted.v1"
    source: ClassVar[str] = "partners"
    consumers: ClassVar[tuple[str, ...]] = ("payments",)

    partner_codes: Annotated[tuple[str, ...], Field(max_length=ITEMS_PER_EVENT_MAX)]


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureDiffering:
    """One figure that is not the same; amounts in the smallest unit."""

    figure: str
    sheet: Annotated[str, Field(description="What the payment sheet comes to")]
    ledger: Annotated[str, Field(description="What the ledger said")]


class PaymentSheetDiffersV1(Event):
    """A sheet is not what the ledger says, for minutes: nothing of it is sent until both agree."""

    type_name: ClassVar[str] = "salesops.partners.payment_sheet_differs.v1"
    source: ClassVar[str] = "partners"
    consumers: ClassVar[tuple[str, ...]] = ("gateway",)

    difference_id: UUID
    partner_code: str
    zone: str | None
    currency: Currency
    noticed_at: datetime
    differences: tuple[FigureDiffering, ...]


class PaymentSheetAgreesV1(Event):
    """A sheet that differed is what the ledger says again; what was held leaves."""

    type_name: ClassVar[str] = "salesops.partners.payment_sheet_agrees.v1"
    source: ClassVar[str] = "partners"
    consumers: ClassVar[tuple[str, ...]] = ("gateway",)

    difference_id: UUID
    partner_code: str
    zone: str | None
    currency: Currency
    noticed_at: datetime
    agreed_at: datetime


EVENTS: tuple[type[Event], ...] = (
    AccountsToldV1,
    AccountsWantedV1,
    PaymentSheetDiffersV1,
    PaymentSheetAgreesV1,
)
