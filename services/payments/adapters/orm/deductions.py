"""Rules by which payers keep something back, and what became of the tax they kept."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint, func, literal_column
from sqlalchemy.orm import Mapped, mapped_column

from services.payments.adapters.orm.base import Record


class TaxRuleRecord(Record):
    """The law from a day on; a newer day replaces, nothing is changed."""

    __tablename__ = "tax_rules"
    __table_args__ = (
        CheckConstraint("rate > 0 AND rate < 1", name="rate_sensible"),
        CheckConstraint(
            "rate_without_pan >= rate AND rate_without_pan < 1", name="rate_without_pan_sensible"
        ),
        CheckConstraint("threshold_minor >= 0", name="threshold_not_negative"),
        CheckConstraint("valid_to >= valid_from", name="ends_after_its_beginning"),
    )
    kind: Mapped[str] = mapped_column(primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    valid_to: Mapped[date | None]
    section: Mapped[str]
    payment_code: Mapped[str | None]
    rate: Mapped[Decimal] = mapped_column(Numeric(8, 6))
    rate_without_pan: Mapped[Decimal] = mapped_column(Numeric(8, 6))
    threshold_minor: Mapped[int]
    base: Mapped[str]
    source: Mapped[str]
    added_at: Mapped[datetime]
    added_by: Mapped[str]


class TaxDeductorRecord(Record):
    """Whether a partner deducts tax from a day on, under which TAN, and whether it has our PAN."""

    __tablename__ = "tax_deductors"
    __table_args__ = (
        CheckConstraint("tan ~ '^[A-Z]{4}[0-9]{5}[A-Z]$'", name="tan_shaped"),
        CheckConstraint("NOT is_deductor OR tan IS NOT NULL", name="deductor_has_tan"),
    )
    partner_code: Mapped[str] = mapped_column(ForeignKey("partners.code"), primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    tan: Mapped[str | None]
    is_deductor: Mapped[bool]
    has_pan: Mapped[bool]
    source: Mapped[str]
    added_at: Mapped[datetime]
    added_by: Mapped[str]


class DiscountTermRecord(Record):
    """So many percent off for who pays within so many days; without a partner for all that have none of their own."""

    __tablename__ = "discount_terms"
    __table_args__ = (
        CheckConstraint("percent > 0 AND percent <= 20", name="percent_sensible"),
        CheckConstraint("within_days BETWEEN 0 AND 365", name="days_sensible"),
        CheckConstraint("valid_to >= valid_from", name="ends_after_its_beginning"),
        Index(
            "uq_discount_terms_once",
            func.coalesce(literal_column("partner_code"), literal_column("''")),
            "percent",
            "within_days",
            "valid_from",
            unique=True,
        ),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    partner_code: Mapped[str | None] = mapped_column(ForeignKey("partners.code"))
    percent: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    within_days: Mapped[int]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    source: Mapped[str]
    added_at: Mapped[datetime]
    added_by: Mapped[str]


class FreightTermRecord(Record):
    """Freight that payers may keep back: just an amount, or up to a cap."""

    __tablename__ = "freight_terms"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("cap_minor > 0", name="cap_positive"),
        CheckConstraint("num_nonnulls(amount_minor, cap_minor) = 1", name="amount_or_cap"),
        CheckConstraint("valid_to >= valid_from", name="ends_after_its_beginning"),
        Index(
            "uq_freight_terms_once",
            func.coalesce(literal_column("partner_code"), literal_column("''")),
            func.coalesce(literal_column("amount_minor"), literal_column("0")),
            func.coalesce(literal_column("cap_minor"), literal_column("0")),
            "valid_from",
            unique=True,
        ),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    partner_code: Mapped[str | None] = mapped_column(ForeignKey("partners.code"))
    amount_minor: Mapped[int | None]
    cap_minor: Mapped[int | None]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    source: Mapped[str]
    added_at: Mapped[datetime]
    added_by: Mapped[str]


class TaxCertificateRecord(Record):
    """Evidence that a payer handed tax of a quarter to the tax office; negative takes an earlier one back."""

    __tablename__ = "tax_certificates"
    __table_args__ = (
        CheckConstraint("financial_year ~ '^20[0-9]{2}-[0-9]{2}$'", name="year_shaped"),
        CheckConstraint("quarter BETWEEN 1 AND 4", name="quarter_known"),
        CheckConstraint("evidence IN ('form_16a', 'annual_statement')", name="evidence_known"),
        CheckConstraint("amount_minor <> 0", name="amount_not_zero"),
        UniqueConstraint(
            "partner_code",
            "financial_year",
            "quarter",
            "certificate_number",
            name="uq_tax_certificates_number",
        ),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    partner_code: Mapped[str] = mapped_column(ForeignKey("partners.code"))
    financial_year: Mapped[str]
    quarter: Mapped[int]
    certificate_number: Mapped[str]
    evidence: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    note: Mapped[str]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
