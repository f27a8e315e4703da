"""Bodies of receipts."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.payments.adapters.queries.listing import Row
from services.payments.api.schemas_bank_statements import AllocationBody, DeductionBody
from services.payments.api.schemas_exchange_rates import OwnRate, base_money, rate_text
from services.payments.api.schemas_invoices import PartnerCode
from services.payments.api.schemas_settlements import AllocationDraft
from services.payments.domain.exchange_rate import BASE_CURRENCY
from services.payments.domain.receipt import MONEY
from services.payments.domain.received_payment import PaymentPart, ReceivedPayment
from shared.money import MoneyError, minor_from_text
from shared.wire import Day, MoneyBody, WireModel, money


class ReceiptDraft(WireModel):
    """A payment told otherwise than by a bank statement. Its reference names it for ever within the bank account."""

    bank_account: Annotated[
        str, Field(min_length=1, max_length=40, description="Number of our account that got the money")
    ]
    partner_code: PartnerCode
    amount: MoneyBody
    received_on: Annotated[Day, Field(description="The bank's day of the credit")]
    channel: Literal["hand", "virtual_account"] = "hand"
    rail: Annotated[str, Field(max_length=20, examples=["NEFT"])] = ""
    reference: Annotated[
        str,
        Field(
            max_length=40,
            pattern=r"^[\x20-\x7e]*$",
            description="UTR or RRN",
            examples=["HDFCR52026101400000001"],
        ),
    ] = ""
    cheque_number: Annotated[
        str, Field(pattern=r"^(0{0,4}[0-9]{6})?$", description="Instead of a reference")
    ] = ""
    allocations: Annotated[
        list[AllocationDraft],
        Field(max_length=500, description="What it pays; the rest is on account", default_factory=list),
    ]
    exchange_rate: OwnRate = None
    credited: Annotated[
        MoneyBody | None,
        Field(description="Rupees that the bank credited to an account in rupees for this foreign amount"),
    ] = None

    def payment(self) -> ReceivedPayment:
        """The domain's payment; PaymentInvalid or MoneyError when its figures contradict each other."""
        amounts = [self.amount, *(part.amount for part in self.allocations)]
        amounts += [one.amount for part in self.allocations for one in part.deductions]
        if {amount.currency for amount in amounts} != {self.amount.currency}:
            raise MoneyError("All amounts of a payment are in one currency")
        if self.credited is not None and self.credited.currency != BASE_CURRENCY:
            raise MoneyError(f"What the bank credited instead is in {BASE_CURRENCY}")
        return ReceivedPayment(
            bank_account=self.bank_account,
            partner_code=self.partner_code,
            currency=self.amount.currency,
            amount_minor=self.amount.minor(),
            received_on=self.received_on,
            channel=self.channel,
            rail=self.rail,
            reference=self.reference,
            cheque_number=self.cheque_number,
            parts=tuple(
                PaymentPart(
                    str(part.item),
                    part.amount.minor(),
                    tuple((one.kind, one.amount.minor()) for one in part.deductions),
                )
                for part in self.allocations
            ),
            exchange_rate=Decimal(self.exchange_rate) if self.exchange_rate else None,
            credited_minor=self.credited.minor() if self.credited else None,
        )


class ReceiptRow(WireModel):
    """One payment of a CSV batch, all of it on account; amounts in rupees."""

    bank_account: str
    partner_code: PartnerCode
    amount_in_rupees: str
    received_on: Day
    channel: Literal["hand", "virtual_account"]
    rail: str
    reference: str
    cheque_number: str

    def payment(self) -> ReceivedPayment:
        """The domain's payment; PaymentInvalid or MoneyError say what is wrong."""
        return ReceivedPayment(
            bank_account=self.bank_account,
            partner_code=self.partner_code,
            currency="INR",
            amount_minor=minor_from_text(self.amount_in_rupees, "INR"),
            received_on=self.received_on,
            channel=self.channel,
            rail=self.rail,
            reference=self.reference,
            cheque_number=self.cheque_number,
        )


class ReversalBody(WireModel):
    """When and why the receipt was taken back."""

    reason_code: str
    reversed_on: date


class ReceiptBody(WireModel):
    """Money received and booked: amount = allocations + on account."""

    id: UUID
    bank_account: str
    bank_line_id: Annotated[
        UUID | None, Field(description="The line of the bank's statement; null until it came")
    ]
    partner_code: str
    amount: MoneyBody
    on_account: MoneyBody
    received_on: date
    booked_at: datetime
    rail: str
    reference: str
    channel: Literal["bank_statement", "hand", "virtual_account"] = Field(description="Who told of it first")
    allocations: list[AllocationBody]
    deductions: list[DeductionBody]
    reversal: ReversalBody | None
    exchange_rate: Annotated[str | None, Field(description="Rupees for one unit; null in rupees")]
    base_amount: Annotated[
        MoneyBody | None, Field(description="What foreign money was worth, or the rupees credited for it")
    ]


def receipt_body(row: Row) -> ReceiptBody:
    """The reply for one receipt with what it settled."""
    currency = row.currency
    reversal = None
    if row.reversal_reason is not None:
        reversal = ReversalBody(reason_code=row.reversal_reason, reversed_on=row.reversed_on)
    return ReceiptBody(
        id=row.id,
        bank_account=row.bank_account,
        bank_line_id=row.witness_id,
        partner_code=row.partner_code,
        amount=money(row.amount_minor, currency),
        on_account=money(row.on_account_minor, currency),
        received_on=row.received_on,
        booked_at=row.booked_at,
        rail=row.rail,
        reference=row.reference,
        channel=row.channel,
        allocations=[
            AllocationBody(invoice_number=part["number"], amount=money(part["minor"], currency))
            for part in row.settled
            if part["kind"] == MONEY
        ],
        deductions=[
            DeductionBody(
                invoice_number=part["number"], kind=part["kind"], amount=money(part["minor"], currency)
            )
            for part in row.settled
            if part["kind"] != MONEY
        ],
        reversal=reversal,
        exchange_rate=rate_text(row.exchange_rate),
        base_amount=base_money(row.base_minor),
    )
