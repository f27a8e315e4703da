"""Bodies of deduction rules, of tax receivable and of certificates for it."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, model_validator

from services.payments.adapters.queries.listing import Row
from services.payments.api.schemas_invoices import PartnerCode
from shared.wire import Day, MoneyBody, NonzeroMoney, UnsignedMoney, WireModel, money

Source = Annotated[
    str,
    Field(min_length=3, max_length=500, description="Who decided it, with date", examples=["S.O. 123(E)"]),
]
Rate = Annotated[Decimal, Field(gt=0, lt=1, max_digits=8, decimal_places=6, examples=["0.001"])]
FinancialYear = Annotated[str, Field(pattern=r"^20[0-9]{2}-[0-9]{2}$", examples=["2026-27"])]
Quarter = Annotated[int, Field(ge=1, le=4, description="1 is April to June")]


class TaxRuleDraft(WireModel):
    """The law from a day on. Rules begun earlier stay as they are."""

    kind: Annotated[str, Field(max_length=40, examples=["TDS194Q"])]
    valid_from: Day
    valid_to: Day | None = None
    section: Annotated[str, Field(min_length=3, max_length=200, examples=["Income-tax Act 2025, s.393"])]
    payment_code: Annotated[str | None, Field(max_length=20, description="Of the tax return, if settled")] = (
        None
    )
    rate: Rate
    rate_without_pan: Rate
    threshold: Annotated[
        UnsignedMoney, Field(description="Taxable purchases a financial year that bear no tax")
    ]
    base: Annotated[str, Field(max_length=500, description="On what the tax is taken, in words")] = ""
    source: Source


class TaxRuleBody(WireModel):
    kind: str
    valid_from: date
    valid_to: date | None
    section: str
    payment_code: str | None
    rate: str
    rate_without_pan: str
    threshold: MoneyBody
    base: str
    source: str
    added_at: datetime
    added_by: str


class TaxDeductorDraft(WireModel):
    """What is known of a partner as one who deducts tax, from a day on."""

    partner_code: PartnerCode
    valid_from: Day
    tan: Annotated[str | None, Field(max_length=20, examples=["PNES12345A"])] = None
    is_deductor: bool
    has_pan: Annotated[bool, Field(description="It was given our PAN")] = True
    source: Source

    @model_validator(mode="after")
    def _deductor_has_tan(self) -> "TaxDeductorDraft":
        if self.is_deductor and self.tan is None:
            raise ValueError("a deductor has a TAN")
        return self


class TaxDeductorBody(WireModel):
    partner_code: str
    valid_from: date
    tan: str | None
    is_deductor: bool
    has_pan: bool
    source: str
    added_at: datetime
    added_by: str


class DiscountTermDraft(WireModel):
    """So many percent off for who pays within so many days of the invoice's date."""

    partner_code: Annotated[
        PartnerCode | None, Field(description="Empty: all without a discount of their own")
    ] = None
    percent: Annotated[Decimal, Field(gt=0, le=20, max_digits=4, decimal_places=2, examples=["2.00"])]
    within_days: Annotated[int, Field(ge=0, le=365)]
    valid_from: Annotated[Day, Field(description="Of invoices issued from this day on")]
    valid_to: Day | None = None
    source: Source


class DiscountTermBody(WireModel):
    id: UUID
    partner_code: str | None
    percent: str
    within_days: int
    valid_from: date
    valid_to: date | None
    source: str
    added_at: datetime
    added_by: str


class FreightTermDraft(WireModel):
    """Freight that a payer may keep back from a payment: just an amount, or up to a cap. One of the two."""

    partner_code: Annotated[
        PartnerCode | None, Field(description="Empty: all without a term of their own")
    ] = None
    amount: MoneyBody | None = None
    cap: MoneyBody | None = None
    valid_from: Day
    valid_to: Day | None = None
    source: Source

    @model_validator(mode="after")
    def _one_of_two(self) -> "FreightTermDraft":
        if (self.amount is None) == (self.cap is None):
            raise ValueError("either amount or cap")
        if any(
            given is not None and (given.currency != "INR" or given.minor() <= 0)
            for given in (self.amount, self.cap)
        ):
            raise ValueError("a positive amount in INR")
        return self


class FreightTermBody(WireModel):
    id: UUID
    partner_code: str | None
    amount: MoneyBody | None
    cap: MoneyBody | None
    valid_from: date
    valid_to: date | None
    source: str
    added_at: datetime
    added_by: str


class TaxReceivableBody(WireModel):
    """Tax that a partner kept back in a quarter, and how much of it is certified."""

    partner_code: str
    financial_year: FinancialYear
    quarter: Quarter
    booked: MoneyBody
    certified: MoneyBody
    open: Annotated[MoneyBody, Field(description="Negative when more was certified than booked")]
    quarter_ends_on: date
    age_days: Annotated[int, Field(description="Days since the quarter's end, 0 before it")]


class TaxCertificateDraft(WireModel):
    """Form 16A of the payer, or our annual tax statement, for one quarter."""

    partner_code: PartnerCode
    financial_year: FinancialYear
    quarter: Quarter
    certificate_number: Annotated[str, Field(min_length=1, max_length=60, examples=["ABCDEFG"])]
    evidence: Literal["form_16a", "annual_statement"]
    amount: Annotated[NonzeroMoney, Field(description="Negative takes an earlier certificate back")]
    note: Annotated[str, Field(max_length=500)] = ""


class TaxCertificateBody(WireModel):
    id: UUID
    partner_code: str
    financial_year: FinancialYear
    quarter: Quarter
    certificate_number: str
    evidence: Literal["form_16a", "annual_statement"]
    amount: MoneyBody
    note: str
    recorded_at: datetime
    recorded_by: str


def tax_rule_body(row: Row) -> TaxRuleBody:
    facts = {name: getattr(row, name) for name in TaxRuleBody.model_fields if hasattr(row, name)}
    return TaxRuleBody(
        **{
            **facts,
            "rate": _plain(row.rate),
            "rate_without_pan": _plain(row.rate_without_pan),
            "threshold": money(row.threshold_minor, "INR"),
        }
    )


def tax_deductor_body(row: Row) -> TaxDeductorBody:
    return TaxDeductorBody(**{name: getattr(row, name) for name in TaxDeductorBody.model_fields})


def discount_term_body(row: Row) -> DiscountTermBody:
    facts = {name: getattr(row, name) for name in DiscountTermBody.model_fields}
    return DiscountTermBody(**{**facts, "percent": str(row.percent)})


def freight_term_body(row: Row) -> FreightTermBody:
    facts = {name: getattr(row, name) for name in FreightTermBody.model_fields if hasattr(row, name)}
    return FreightTermBody(
        **{
            **facts,
            "amount": None if row.amount_minor is None else money(row.amount_minor, "INR"),
            "cap": None if row.cap_minor is None else money(row.cap_minor, "INR"),
        }
    )


def tax_receivable_body(row: Row, today: date) -> TaxReceivableBody:
    return TaxReceivableBody(
        partner_code=row.partner_code,
        financial_year=row.financial_year,
        quarter=row.quarter,
        booked=money(row.booked_minor, row.currency),
        certified=money(row.certified_minor, row.currency),
        open=money(row.open_minor, row.currency),
        quarter_ends_on=row.quarter_ends_on,
        age_days=max(0, (today - row.quarter_ends_on).days),
    )


def tax_certificate_body(row: Row) -> TaxCertificateBody:
    facts = {name: getattr(row, name) for name in TaxCertificateBody.model_fields if name != "amount"}
    return TaxCertificateBody(**facts, amount=money(row.amount_minor, row.currency))


def _plain(rate: Decimal) -> str:
    """0.001000 as 0.001."""
    return f"{rate.normalize():f}"
