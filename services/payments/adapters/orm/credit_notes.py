"""Credit notes, the rules they follow as dated data, and the counters of their numbers."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Numeric, func
from sqlalchemy.orm import Mapped, mapped_column

from services.payments.adapters.orm.base import Record

_TYPE_KNOWN = "note_type IN ('gst', 'commercial')"


class CreditNoteReasonRecord(Record):
    """A ground on which a type of note may be asked for, from a day on."""

    __tablename__ = "credit_note_reasons"
    __table_args__ = (CheckConstraint(_TYPE_KNOWN, name="type_known"),)
    note_type: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    name: Mapped[str]
    ground: Mapped[str]
    needs_agreement: Mapped[bool]
    needs_invoices: Mapped[bool]
    counts_goods: Mapped[bool]
    is_tax_only: Mapped[bool]
    is_allowed: Mapped[bool]
    source: Mapped[str]
    added_at: Mapped[datetime]
    added_by: Mapped[str]


class CreditNoteRuleRecord(Record):
    """Deadline, duties and clocks from a day on; a newer day replaces, nothing is changed."""

    __tablename__ = "credit_note_rules"
    __table_args__ = (
        CheckConstraint("declare_until_month BETWEEN 1 AND 12", name="month_sensible"),
        CheckConstraint("declare_until_day BETWEEN 1 AND 31", name="day_sensible"),
    )
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    declare_until_month: Mapped[int]
    declare_until_day: Mapped[int]
    needs_itc_declaration: Mapped[bool]
    reporting_days: Mapped[int | None]
    cancel_hours: Mapped[int]
    ims_pending_periods: Mapped[int]
    source: Mapped[str]
    added_at: Mapped[datetime]
    added_by: Mapped[str]
    return_due_day: Mapped[int] = mapped_column(server_default="20")


class AnnualReturnRecord(Record):
    """The day on which the annual return of a year was filed: it ends the time for credit notes."""

    __tablename__ = "annual_returns"
    __table_args__ = (CheckConstraint("financial_year ~ '^[0-9]{4}$'", name="year_shape"),)
    gstin: Mapped[str] = mapped_column(primary_key=True)
    financial_year: Mapped[str] = mapped_column(primary_key=True)
    filed_on: Mapped[date]
    source: Mapped[str]
    added_at: Mapped[datetime]
    added_by: Mapped[str]


class CreditNoteSeriesRecord(Record):
    """How numbers of a type begin, from a day on."""

    __tablename__ = "credit_note_series"
    __table_args__ = (
        CheckConstraint(_TYPE_KNOWN, name="type_known"),
        CheckConstraint("prefix ~ '^[A-Z1-9][A-Z0-9]{0,2}$'", name="prefix_shape"),
    )
    note_type: Mapped[str] = mapped_column(primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    prefix: Mapped[str]
    source: Mapped[str]
    added_at: Mapped[datetime]
    added_by: Mapped[str]


class CreditNoteCounterRecord(Record):
    """The last number given out; its row is held from the number to the commit, so that none is lost."""

    __tablename__ = "credit_note_counters"
    __table_args__ = (CheckConstraint("last_number > 0", name="number_positive"),)
    supplier_gstin: Mapped[str] = mapped_column(primary_key=True)
    series: Mapped[str] = mapped_column(primary_key=True)
    financial_year: Mapped[str] = mapped_column(primary_key=True)
    last_number: Mapped[int]


class CreditNoteRecord(Record):
    """A note from its request on; what was asked never changes, only how far it is."""

    __tablename__ = "credit_notes"
    __table_args__ = (
        CheckConstraint(_TYPE_KNOWN, name="type_known"),
        CheckConstraint(
            "standing IN ('requested', 'approved', 'refused', 'withdrawn', 'issued', 'cancelled')",
            name="standing_known",
        ),
        CheckConstraint("total_minor > 0", name="total_positive"),
        CheckConstraint(
            "least(taxable_minor, cgst_minor, sgst_minor, igst_minor) >= 0", name="amounts_not_negative"
        ),
        CheckConstraint(
            "total_minor = taxable_minor + cgst_minor + sgst_minor + igst_minor", name="total_adds_up"
        ),
        CheckConstraint(
            "note_type = 'gst' OR cgst_minor + sgst_minor + igst_minor = 0", name="commercial_has_no_tax"
        ),
        CheckConstraint("person_behind(decided_by) <> person_behind(requested_by)", name="two_people"),
        CheckConstraint(
            "standing NOT IN ('approved', 'refused', 'issued', 'cancelled') OR decided_by IS NOT NULL",
            name="decided_by_somebody",
        ),
        CheckConstraint(
            "(standing IN ('issued', 'cancelled')) = (number IS NOT NULL)", name="number_when_issued"
        ),
        CheckConstraint(
            "num_nulls(number, series, financial_year, issued_on, issued_by, issued_at) IN (0, 6)",
            name="issued_whole",
        ),
        CheckConstraint("number ~ '^[A-Z1-9][A-Z0-9/-]{0,15}$'", name="number_shape"),
        Index("ix_credit_notes_partner", "partner_code", "id"),
        Index("ix_credit_notes_standing", "standing", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    note_type: Mapped[str]
    standing: Mapped[str]
    partner_code: Mapped[str] = mapped_column(ForeignKey("partners.code"))
    supplier_gstin: Mapped[str]
    place_of_supply: Mapped[str]
    supply_year: Mapped[str]
    reason_code: Mapped[str]
    reason_text: Mapped[str]
    agreement_reference: Mapped[str]
    is_itc_reversal_declared: Mapped[bool]
    currency: Mapped[str]
    taxable_minor: Mapped[int]
    cgst_minor: Mapped[int]
    sgst_minor: Mapped[int]
    igst_minor: Mapped[int]
    total_minor: Mapped[int]
    requested_by: Mapped[str]
    requested_at: Mapped[datetime]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    series: Mapped[str | None]
    financial_year: Mapped[str | None]
    number: Mapped[str | None]
    issued_on: Mapped[date | None]
    issued_by: Mapped[str | None]
    issued_at: Mapped[datetime | None]
    revision: Mapped[int]


Index(
    "uq_credit_notes_number",
    CreditNoteRecord.supplier_gstin,
    CreditNoteRecord.financial_year,
    CreditNoteRecord.note_type,
    func.upper(CreditNoteRecord.number),
    unique=True,
)


class CreditNoteLineRecord(Record):
    """What a note credits; triggers keep the sum of all notes within the invoice and its lines."""

    __tablename__ = "credit_note_lines"
    __table_args__ = (
        ForeignKeyConstraint(
            ["invoice_id", "line_number"],
            ["invoice_lines.invoice_id", "invoice_lines.line_number"],
            name="fk_credit_note_lines_invoice_id_invoice_lines",
        ),
        CheckConstraint("quantity >= 0", name="quantity_not_negative"),
        CheckConstraint(
            "least(taxable_minor, cgst_minor, sgst_minor, igst_minor) >= 0", name="amounts_not_negative"
        ),
        CheckConstraint("taxable_minor + cgst_minor + sgst_minor + igst_minor > 0", name="something"),
        Index("ix_credit_note_lines_invoice", "invoice_id", "line_number"),
    )
    note_id: Mapped[UUID] = mapped_column(ForeignKey("credit_notes.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[UUID | None] = mapped_column(ForeignKey("invoices.id"))
    line_number: Mapped[int | None]
    description: Mapped[str]
    hsn: Mapped[str]
    unit: Mapped[str]
    quantity: Mapped[Decimal] = mapped_column(Numeric(18, 3))
    tax_rate: Mapped[Decimal] = mapped_column(Numeric(6, 4))
    taxable_minor: Mapped[int]
    cgst_minor: Mapped[int]
    sgst_minor: Mapped[int]
    igst_minor: Mapped[int]


class CreditNoteEventRecord(Record):
    """Each step of a note, kept for ever."""

    __tablename__ = "credit_note_events"
    note_id: Mapped[UUID] = mapped_column(ForeignKey("credit_notes.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    standing: Mapped[str]
    detail: Mapped[str]
    at: Mapped[datetime]
    actor: Mapped[str]
