"""Bodies of invoices and open items."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field
from uuid_utils.compat import uuid7

from services.payments.adapters.queries.listing import Row
from services.payments.api.schemas_exchange_rates import OwnRate, base_money, own_value, rate_text
from services.payments.api.schemas_gst_registrations import Gstin, StateCode
from services.payments.domain.exchange_rate import base_minor
from services.payments.domain.invoice import Invoice
from services.payments.domain.invoice_tax import InvoiceLine, InvoiceTax
from services.payments.domain.settlement import DEBIT_KINDS
from shared.money import MoneyError, minor_from_text
from shared.wire import Day, MoneyBody, WireModel, money

DocumentNumber = Annotated[
    str,
    Field(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9][\x20-\x7e]*$", examples=["INV/26-27/004412"]),
]
PartnerCode = Annotated[
    str, Field(min_length=1, max_length=40, pattern=r"^[\x21-\x7e]+$", examples=["CP0001"])
]


class InvoiceLineDraft(WireModel):
    """One line of an invoice with its tax by head; all amounts in the invoice's currency."""

    line_number: Annotated[int, Field(ge=1, le=10_000)]
    description: Annotated[str, Field(min_length=1, max_length=300, examples=["Diesel engine 15 kVA"])]
    hsn: Annotated[
        str, Field(pattern=r"^([0-9]{4,8})?$", examples=["84089090"], description="4 to 8 digits")
    ] = ""
    quantity: Annotated[Decimal, Field(gt=0, max_digits=15, decimal_places=3, examples=["2"])] = Decimal(1)
    unit: Annotated[
        str, Field(pattern=r"^[A-Z]{0,8}$", examples=["NOS"], description="Unit quantity code")
    ] = ""
    taxable_amount: MoneyBody
    tax_rate: Annotated[Decimal, Field(ge=0, le=1, max_digits=5, decimal_places=4, examples=["0.18"])]
    cgst: MoneyBody | None = None
    sgst: MoneyBody | None = None
    igst: MoneyBody | None = None

    def line(self, currency: str) -> InvoiceLine:
        """The domain's line; MoneyError for another currency."""
        taxable, *heads = (
            _minor(one, currency) for one in (self.taxable_amount, self.cgst, self.sgst, self.igst)
        )
        return InvoiceLine(
            line_number=self.line_number,
            description=self.description,
            hsn=self.hsn,
            quantity=self.quantity,
            unit=self.unit,
            taxable_minor=taxable,
            tax_rate=self.tax_rate,
            cgst_minor=heads[0],
            sgst_minor=heads[1],
            igst_minor=heads[2],
        )


def _minor(amount: MoneyBody | None, currency: str) -> int:
    if amount is None:
        return 0
    if amount.currency != currency:
        raise MoneyError("All amounts of an invoice are in one currency")
    return amount.minor()


class InvoiceDraft(WireModel):
    """One invoice of a JSON batch; the three amounts are in one currency."""

    number: DocumentNumber
    partner_code: PartnerCode
    issued_on: Day
    due_on: Day
    taxable_amount: MoneyBody = Field(description="Value before tax")
    tax_amount: MoneyBody = Field(description="GST of all heads")
    total_amount: MoneyBody = Field(
        description="What the partner owes: value and tax, rounded to 1.00 at most"
    )
    supplier_gstin: Annotated[
        Gstin | None, Field(description="Which registration of ours supplied; needed with `lines`")
    ] = None
    place_of_supply: Annotated[
        StateCode | None, Field(description="State of the supply; needed with `supplier_gstin`")
    ] = None
    lines: Annotated[
        list[InvoiceLineDraft],
        Field(
            max_length=1_000,
            description="With the tax of each; they sum to the invoice",
            default_factory=list,
        ),
    ]

    def _tax(self, currency: str) -> InvoiceTax | None:
        """The domain's tax; an incomplete one is InvoiceInvalid when the invoice is made."""
        if self.supplier_gstin is None and self.place_of_supply is None and not self.lines:
            return None
        lines = tuple(line.line(currency) for line in self.lines)
        return InvoiceTax(self.supplier_gstin or "", self.place_of_supply or "", lines)

    exchange_rate: OwnRate = None

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
            tax=self._tax(currency),
            value=own_value(self.total_amount.minor(), currency, self.exchange_rate),
        )


class InvoiceRow(WireModel):
    """One invoice of a CSV batch: number,partner_code,issue_date,due_date,currency,taxable_amount,…"""

    number: DocumentNumber
    partner_code: PartnerCode
    issue_date: Day
    due_date: Day
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    taxable_amount: str
    tax_amount: str
    total_amount: str
    exchange_rate: str = ""

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
            total_minor=(total := minor_from_text(self.total_amount, self.currency)),
            value=own_value(total, self.currency, self.exchange_rate),
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
    exchange_rate: Annotated[str | None, Field(description="Rupees for one unit; null in rupees")]
    base_amount: Annotated[MoneyBody | None, Field(description="What a foreign total was worth in rupees")]


class InvoiceLineBody(WireModel):
    """One line with its tax by head."""

    line_number: int
    description: str
    hsn: str
    quantity: str
    unit: str
    taxable_amount: MoneyBody
    tax_rate: Annotated[str, Field(description="A fraction", examples=["0.18"])]
    cgst: MoneyBody
    sgst: MoneyBody
    igst: MoneyBody


class InvoiceTaxBody(WireModel):
    """Who supplied to which State, by line."""

    supplier_gstin: str
    place_of_supply: str
    lines: list[InvoiceLineBody]
    is_derived: Annotated[bool, Field(description="The lines are ours: billing told none")]


class InvoiceDetailBody(InvoiceBody):
    """An invoice with its tax by line; null when nobody told it."""

    tax: InvoiceTaxBody | None


class OpenItemBody(WireModel):
    """An unpaid invoice or charge (debit), or an advance or credit note of the partner (credit)."""

    id: UUID
    kind: Literal["invoice", "charge", "advance", "credit_note"]
    document_number: str
    document_on: date
    due_on: date
    original_amount: MoneyBody
    open_amount: MoneyBody
    open_base_amount: Annotated[
        MoneyBody | None, Field(description="What the open part of a foreign item is worth in the books")
    ]
    valued_amount: Annotated[
        MoneyBody | None,
        Field(description="What it would be worth at the rate of `valued_on`; null unless asked and known"),
    ]
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
        exchange_rate=rate_text(row.exchange_rate),
        base_amount=base_money(row.base_minor),
    )


def invoice_detail_body(row: Row, tax: InvoiceTax | None, *, is_derived: bool) -> InvoiceDetailBody:
    """The reply for one invoice with its lines."""
    return InvoiceDetailBody(
        **dict(invoice_body(row)),
        tax=None if tax is None else _tax_body(tax, row.currency, is_derived=is_derived),
    )


def _tax_body(tax: InvoiceTax, currency: str, *, is_derived: bool) -> InvoiceTaxBody:
    return InvoiceTaxBody(
        supplier_gstin=tax.supplier_gstin,
        place_of_supply=tax.place_of_supply,
        is_derived=is_derived,
        lines=[
            InvoiceLineBody(
                line_number=line.line_number,
                description=line.description,
                hsn=line.hsn,
                quantity=f"{line.quantity.normalize():f}",
                unit=line.unit,
                taxable_amount=money(line.taxable_minor, currency),
                tax_rate=f"{line.tax_rate.normalize():f}",
                cgst=money(line.cgst_minor, currency),
                sgst=money(line.sgst_minor, currency),
                igst=money(line.igst_minor, currency),
            )
            for line in tax.lines
        ],
    )


def open_item_body(
    row: Row, *, today: date, rates: Mapping[str, Decimal] = MappingProxyType({})
) -> OpenItemBody:
    """The reply for one open item as seen today; `rates` by currency value what is foreign."""
    rate = rates.get(row.currency)
    late = (today - row.due_on).days if row.kind in DEBIT_KINDS else 0
    return OpenItemBody(
        id=row.id,
        kind=row.kind,
        document_number=row.document_number,
        document_on=row.document_on,
        due_on=row.due_on,
        original_amount=money(row.original_minor, row.currency),
        open_amount=money(row.open_minor, row.currency),
        open_base_amount=base_money(row.open_base_minor),
        valued_amount=None if rate is None else base_money(base_minor(row.open_minor, row.currency, rate)),
        overdue_days=max(late, 0),
    )
