"""What a channel partner owes: its invoices, what was received for them, what is left to pay."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.partners.domain.pay_plan import PayBy
from services.partners.domain.sheet_memos import SheetCheque, SheetQuery, TaxAwaited
from services.partners.domain.sheet_proof import SheetProof

# The kind of a settlement by money; every other kind is a deduction the payer kept back.
MONEY: Final = "money"


class InvoiceStatus(StrEnum):
    OPEN = "open"
    PARTLY_PAID = "partly_paid"
    PAID = "paid"


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetInvoice:
    """An invoice and what settled it: money received, credit notes, and deductions the payer kept back."""

    number: str
    issued_on: date
    due_on: date
    currency: str
    total_minor: int
    received_minor: int
    deducted_minor: int
    credited_minor: int = 0

    @property
    def open_minor(self) -> int:
        return self.total_minor - self.received_minor - self.credited_minor - self.deducted_minor

    @property
    def status(self) -> InvoiceStatus:
        if self.open_minor <= 0:
            return InvoiceStatus.PAID
        return InvoiceStatus.PARTLY_PAID if self.open_minor < self.total_minor else InvoiceStatus.OPEN

    def overdue_days(self, on: date) -> int:
        """Days since the due date while something is open; 0 on the due date itself."""
        return max(0, (on - self.due_on).days) if self.open_minor > 0 else 0


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a receipt settles of one invoice."""

    invoice_number: str
    kind: str
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetReceipt:
    """A payment of the partner and what became of it; a reversed one settles nothing any more."""

    received_on: date
    booked_at: datetime
    reference: str
    rail: str
    currency: str
    amount_minor: int
    on_account_minor: int
    settlements: tuple[Settlement, ...]
    reversed_on: date | None
    reversal_reason: str | None

    @property
    def payments(self) -> tuple[Settlement, ...]:
        return tuple(one for one in self.settlements if one.kind == MONEY)

    @property
    def deductions(self) -> tuple[Settlement, ...]:
        return tuple(one for one in self.settlements if one.kind != MONEY)


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetCreditNote:
    """A credit note: in work until it is issued, then a credit until it is used."""

    note_id: UUID
    note_type: str
    standing: str
    number: str | None
    issued_on: date | None
    reason_code: str
    currency: str
    total_minor: int
    refunded_minor: int
    settlements: tuple[Settlement, ...]

    @property
    def is_issued(self) -> bool:
        return self.standing == "issued"

    @property
    def unused_minor(self) -> int:
        """Nothing of a note in work; of an issued one what no invoice used and nobody sent back."""
        used = sum(one.amount_minor for one in self.settlements if one.kind == MONEY)
        return self.total_minor - used - self.refunded_minor if self.is_issued else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetTotals:
    """Sums in one currency; advances and credit notes are what no invoice has used yet."""

    currency: str
    open_minor: int
    overdue_minor: int
    advances_minor: int
    credit_notes_minor: int = 0

    @property
    def credits_minor(self) -> int:
        return self.advances_minor + self.credit_notes_minor

    @property
    def net_to_pay_minor(self) -> int:
        """Negative when the partner has paid, or was credited, more than it owes."""
        return self.open_minor - self.credits_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentSheet:
    """The sheet of one partner as of one instant; what is frozen and set as a document is this.

    What has a default was not on sheets that were frozen earlier.
    """

    partner_code: str
    partner_name: str
    city: str | None
    zone: str
    gstin: str | None
    as_of: datetime
    overdue_on: date
    receipts_since: date
    totals: tuple[SheetTotals, ...]
    invoices: tuple[SheetInvoice, ...]
    receipts: tuple[SheetReceipt, ...]
    credit_notes: tuple[SheetCreditNote, ...]
    is_complete: bool
    plan: tuple[PayBy, ...] = ()
    tax_awaited: tuple[TaxAwaited, ...] = ()
    cheques: tuple[SheetCheque, ...] = ()
    queries: tuple[SheetQuery, ...] = ()
    proof: SheetProof | None = None
