"""A receipt to be booked: money of one payer, split without remainder over invoices and account."""

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from services.payments.domain.base_value import BaseValue
from shared.errors import Invalid

MONEY: Final = "receipt"  # an allocation of money; every other kind is a deduction explained by the receipt


class ReceiptUnbalanced(Invalid):
    """The parts of a receipt do not add up to its amount."""

    code, title = "receipt_unbalanced", "The parts of the receipt do not add up"


@dataclass(frozen=True, slots=True)
class ReceiptAllocation:
    """What a receipt settles of one open item: money (`receipt`) or a deduction kind such as TDS194Q."""

    open_item_id: UUID
    document_number: str
    kind: str
    amount_minor: int
    base_minor: int | None = None  # of a foreign item: what the slice is worth at the item's rate
    credit_base_minor: int | None = None  # and at the credit's rate


@dataclass(frozen=True, slots=True)
class Receipt:
    """Valid by construction: money allocations + on account = amount, all positive."""

    id: UUID
    bank_line_id: UUID | None
    bank_account_id: UUID
    bank_account_number: str
    partner_code: str
    currency: str
    amount_minor: int
    on_account_minor: int
    received_on: date
    rail: str
    reference: str
    cheque_number: str
    allocations: tuple[ReceiptAllocation, ...]
    channel: str = "bank_statement"  # or hand, virtual_account: who told of it first
    attempt: int = 1  # 2 for the receipt of a bank line whose first one was taken back, and so on
    value: BaseValue | None = None  # of a foreign amount, as soon as its rate is known

    def __post_init__(self) -> None:
        if self.amount_minor <= 0 or self.on_account_minor < 0:
            raise ReceiptUnbalanced("A receipt is positive and leaves nothing negative on account")
        if any(part.amount_minor <= 0 for part in self.allocations):
            raise ReceiptUnbalanced("Each allocation is a positive amount")
        if self.allocated_minor + self.on_account_minor != self.amount_minor:
            raise ReceiptUnbalanced(
                f"{self.allocated_minor} allocated and {self.on_account_minor} on account are not {self.amount_minor}"
            )

    @property
    def is_credited_in_rupees(self) -> bool:
        """The bank changed foreign money and credited an account kept in rupees."""
        return self.value is not None and self.value.is_credited

    @property
    def on_account_base_minor(self) -> int | None:
        """What is left of the value when the slices are taken."""
        if self.value is None:
            return None
        used = (part.credit_base_minor for part in self.allocations if part.kind == MONEY)
        return self.value.minor - sum(one or 0 for one in used)

    @property
    def allocated_minor(self) -> int:
        return sum(part.amount_minor for part in self.allocations if part.kind == MONEY)
