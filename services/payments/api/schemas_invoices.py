"""Bodies of invoices and open items."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field
from uuid_utils.compat import uuid7

from services.payments.adapters.queries.listing import Row
from services.payments.domain.invoice import Invoice
from services.payments.domain.settlement import DEBIT_KINDS
from shared.money import MoneyError, minor_from_text
from shared.wire import MoneyBody, WireModel, money

DocumentNumber = Annotated[
    str,
    Field(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9][\x20-\x7e]*$", examples=["INV/26-27/004412"]),
]
PartnerCode = Annotated[
    str, Field(min_length=1, max_length=40, pattern=r"^[\x21-\x7e]+$", examples=["CP0001"])
]


class InvoiceDraft(WireModel):
    """One invoice of a JSON batch; the three amounts are in one currency."""

    number: DocumentNumber
    partner_code: PartnerCode
    issued_on: date
    due_on: date
    taxable_amount: MoneyBody = Field(description="Value before tax")
    tax_amount: MoneyBody = Field(description="GST of all heads")
    total_amount: MoneyBody = Field(
        description="What the partner owes: value and tax, rounded to 1.00 at most"
    )

    def invoice(self) -> Invoice:
        """The domain's invoice; InvoiceInvalid when its figures contradict each other."""
        currency = self.total_amount.currency
        if {self.taxable_amount.currency, self.tax_amount.currency} != {currency}:
            raise MoneyError("The three amounts of an invoice are in one currency")
        return Invoice(
            id=uuid7(),
            number=self.number,
            partner_code=self.partner_code,
            issued_on=self.issued_on,
            due_on=self.due_on,
            currency=currency,
            taxable_minor=self.taxable_amount.minor(),
            tax_minor=self.tax_amount.minor(),
            total_minor=self.total_amount.minor(),
        )


class InvoiceRow(WireModel):
    """One invoice of a CSV batch: number,partner_code,issue_date,due_date,currency,taxable_amount,…"""

    number: DocumentNumber
    partner_code: PartnerCode
    issue_date: date
    due_date: date
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    taxable_amount: str
    tax_amount: str
    total_amount: str

    def invoice(self) -> Invoice:
        """The domain's invoice; MoneyError or InvoiceInvalid say which figure is wrong."""
        return Invoice(
            id=uuid7(),
            number=self.number,
            partner_code=self.partner_code,
            issued_on=self.issue_date,
            due_on=self.due_date,
            currency=self.currency,
            taxable_minor=minor_from_text(self.taxable_amount, self.currency),
            tax_minor=minor_from_text(self.tax_amount, self.currency),
            total_minor=minor_from_text(self.total_amount, self.currency),
        )


class InvoiceBody(WireModel):
    """A registered invoice and what is still open of it."""

    id: UUID
    number: str
    partner_code: str
    issued_on: date
    due_on: date
    taxable_amount: MoneyBody
    tax_amount: MoneyBody
    total_amount: MoneyBody
    open_amount: MoneyBody
    status: Literal["open", "partly_paid", "paid"]
    registered_at: datetime


class OpenItemBody(WireModel):
    """An unpaid invoice or charge (debit), or an advance or credit note of the partner (credit)."""

    id: UUID
    kind: Literal["invoice", "charge", "advance", "credit_note"]
    document_number: str
    document_on: date
    due_on: date
    original_amount: MoneyBody
    open_amount: MoneyBody
    overdue_days: int = Field(description="Whole days after the due date; 0 when not due or a credit")


def invoice_body(row: Row) -> InvoiceBody:
    """The reply for one row of invoices joined with its open item."""
    status: Literal["open", "partly_paid", "paid"] = (
        "paid" if row.open_minor == 0 else "open" if row.open_minor == row.total_minor else "partly_paid"
    )
    return InvoiceBody(
        id=row.id,
        number=row.number,
        partner_code=row.partner_code,
        issued_on=row.issued_on,
        due_on=row.due_on,
        taxable_amount=money(row.taxable_minor, row.currency),
        tax_amount=money(row.tax_minor, row.currency),
        total_amount=money(row.total_minor, row.currency),
        open_amount=money(row.open_minor, row.currency),
        status=status,
        registered_at=row.registered_at,
    )


def open_item_body(row: Row, *, today: date) -> OpenItemBody:
    """The reply for one open item as seen today."""
    late = (today - row.due_on).days if row.kind in DEBIT_KINDS else 0
    return OpenItemBody(
        id=row.id,
        kind=row.kind,
        document_number=row.document_number,
        document_on=row.document_on,
        due_on=row.due_on,
        original_amount=money(row.original_minor, row.currency),
        open_amount=money(row.open_minor, row.currency),
        overdue_days=max(late, 0),
    )
