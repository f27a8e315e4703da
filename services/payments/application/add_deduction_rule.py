"""Adds rules by which payers keep something back: newer dated rows, never changes; lines decided later follow them."""

from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from uuid_utils.compat import uuid7

from services.payments.adapters.repositories.deductions import (
    add_discount_term,
    add_freight_term,
    add_tax_deductor,
    add_tax_rule,
)
from services.payments.adapters.repositories.invoices import known_partner_codes
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.chart_of_accounts import DEDUCTION_ACCOUNTS, TDS_RECEIVABLE
from services.payments.domain.deduction_terms import checked_tan
from services.payments.domain.errors import DateImpossible, DeductionUnknown, PartnerUnknown, RuleTaken
from services.payments.domain.posting import Posting


@dataclass(frozen=True, slots=True)
class AddTaxRule:
    """Rates as fractions; `threshold_minor` of taxable purchases a financial year; `base` and `source` in words."""

    kind: str
    valid_from: date
    valid_to: date | None
    section: str
    payment_code: str | None
    rate: Decimal
    rate_without_pan: Decimal
    threshold_minor: int
    base: str
    source: str


@dataclass(frozen=True, slots=True)
class RegisterDeductor:
    """What is known of a partner as a deductor of tax from a day on."""

    partner_code: str
    valid_from: date
    tan: str | None
    is_deductor: bool
    has_pan: bool
    source: str


@dataclass(frozen=True, slots=True)
class AgreeDiscount:
    """`partner_code` None: for all partners without a discount of their own."""

    partner_code: str | None
    percent: Decimal
    within_days: int
    valid_from: date
    valid_to: date | None
    source: str


@dataclass(frozen=True, slots=True)
class AgreeFreight:
    """Just an amount, or anything up to a cap; minor units of INR."""

    partner_code: str | None
    amount_minor: int | None
    cap_minor: int | None
    valid_from: date
    valid_to: date | None
    source: str


async def add_law(work: UnitOfWork, command: AddTaxRule, posting: Posting) -> None:
    """DeductionUnknown for a kind without a ledger account; RuleTaken unless it begins after all others."""
    if DEDUCTION_ACCOUNTS.get(command.kind) != TDS_RECEIVABLE:
        known = ", ".join(kind for kind, account in DEDUCTION_ACCOUNTS.items() if account == TDS_RECEIVABLE)
        raise DeductionUnknown(f"{command.kind} is no tax with an account; expected one of {known}")
    _check_end(command.valid_from, command.valid_to)
    if not await add_tax_rule(work.connection, _values(command, posting)):
        raise RuleTaken(
            f"A rule for {command.kind} begins on {command.valid_from} or later; choose a later day"
        )


async def register_deductor(work: UnitOfWork, command: RegisterDeductor, posting: Posting) -> None:
    """TanInvalid for a TAN of another shape; RuleTaken when another standing begins on that day."""
    await _check_partner(work, command.partner_code)
    values = _values(command, posting)
    values["tan"] = None if command.tan is None else checked_tan(command.tan)
    if not await add_tax_deductor(work.connection, values):
        raise RuleTaken(
            f"The standing of {command.partner_code} from {command.valid_from} on is known already"
        )


async def agree_discount(work: UnitOfWork, command: AgreeDiscount, posting: Posting) -> UUID:
    """RuleTaken when it is agreed already."""
    await _check_partner(work, command.partner_code)
    _check_end(command.valid_from, command.valid_to)
    term_id = uuid7()
    if not await add_discount_term(work.connection, {"id": term_id, **_values(command, posting)}):
        raise RuleTaken("This discount is agreed from that day on already")
    return term_id


async def agree_freight(work: UnitOfWork, command: AgreeFreight, posting: Posting) -> UUID:
    """RuleTaken when it is agreed already."""
    await _check_partner(work, command.partner_code)
    _check_end(command.valid_from, command.valid_to)
    term_id = uuid7()
    if not await add_freight_term(work.connection, {"id": term_id, **_values(command, posting)}):
        raise RuleTaken("This freight is agreed from that day on already")
    return term_id


def _values(
    command: AddTaxRule | RegisterDeductor | AgreeDiscount | AgreeFreight, posting: Posting
) -> dict[str, object]:
    return {**asdict(command), "at": posting.at, "by": posting.actor}


def _check_end(valid_from: date, valid_to: date | None) -> None:
    if valid_to is not None and valid_to < valid_from:
        raise DateImpossible(f"A rule from {valid_from} cannot end on {valid_to}")


async def _check_partner(work: UnitOfWork, partner_code: str | None) -> None:
    if partner_code is not None and not await known_partner_codes(work.connection, [partner_code]):
        raise PartnerUnknown(f"There is no partner {partner_code}")
