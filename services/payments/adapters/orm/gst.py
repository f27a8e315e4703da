"""Who we are for the tax office, and the tax of invoices by line and head."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from services.payments.adapters.orm.base import Record


class GstRegistrationRecord(Record):
    """A registration of ours from a day on; a newer day replaces, nothing is changed."""

    __tablename__ = "gst_registrations"
    __table_args__ = (
        CheckConstraint("gstin ~ '^[0-9]{2}[A-Z]{5}[0-9]{4}[A-Z][1-9A-Z][A-Z][0-9A-Z]$'", name="gstin_shape"),
        CheckConstraint("state_code = left(gstin, 2)", name="state_of_gstin"),
        CheckConstraint("valid_to >= valid_from", name="ends_after_it_begins"),
    )
    gstin: Mapped[str] = mapped_column(primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    valid_to: Mapped[date | None]
    legal_name: Mapped[str]
    trade_name: Mapped[str]
    address: Mapped[str]
    city: Mapped[str]
    pin_code: Mapped[str]
    state_code: Mapped[str]
    is_default: Mapped[bool]
    source: Mapped[str]
    added_at: Mapped[datetime]
    added_by: Mapped[str]


class InvoiceSupplyRecord(Record):
    """Which registration of ours supplied, and to which State."""

    __tablename__ = "invoice_supplies"
    invoice_id: Mapped[UUID] = mapped_column(ForeignKey("invoices.id"), primary_key=True)
    supplier_gstin: Mapped[str]
    place_of_supply: Mapped[str]


class InvoiceLineRecord(Record):
    """One line of an invoice with its tax by head; `is_derived` when billing told none."""

    __tablename__ = "invoice_lines"
    __table_args__ = (
        CheckConstraint("line_number > 0", name="number_positive"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("tax_rate BETWEEN 0 AND 1", name="rate_sensible"),
        CheckConstraint(
            "least(taxable_minor, cgst_minor, sgst_minor, igst_minor) >= 0", name="amounts_not_negative"
        ),
        CheckConstraint("igst_minor = 0 OR cgst_minor + sgst_minor = 0", name="one_kind_of_tax"),
        CheckConstraint("abs(cgst_minor - sgst_minor) <= 1", name="equal_halves"),
    )
    invoice_id: Mapped[UUID] = mapped_column(ForeignKey("invoice_supplies.invoice_id"), primary_key=True)
    line_number: Mapped[int] = mapped_column(primary_key=True)
    description: Mapped[str]
    hsn: Mapped[str]
    quantity: Mapped[Decimal] = mapped_column(Numeric(18, 3))
    unit: Mapped[str]
    taxable_minor: Mapped[int]
    tax_rate: Mapped[Decimal] = mapped_column(Numeric(6, 4))
    cgst_minor: Mapped[int]
    sgst_minor: Mapped[int]
    igst_minor: Mapped[int]
    is_derived: Mapped[bool]
