"""Why a payment is smaller or larger than the invoices it pays: tax deducted, bank charges, money left over."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from services.payments.domain.matching_policy import MatchingPolicy, TdsRule
from services.payments.domain.open_item import OpenInvoice

BANK_CHARGE = "BANK_CHARGE"
_RUPEE = 100


@dataclass(frozen=True, slots=True)
class PayableInvoice:
    """An invoice with what is still open of it now, and the part of its taxable value that this stands for; its number
    as payers quote it."""

    invoice: OpenInvoice
    open_minor: int
    taxable_minor: int
    number_key: str = ""
    serial: str = ""


@dataclass(frozen=True, slots=True)
class Explained:
    """How the difference comes about. `deducted` has kind and amount per invoice, in the order of the invoices."""

    code: str
    weight: float
    kind: str = ""
    deducted: tuple[int, ...] = ()
    on_account_minor: int = 0


def differences_explained(
    amount_minor: int,
    invoices: Sequence[PayableInvoice],
    policy: MatchingPolicy,
    paid_on: date,
    *,
    is_named: bool,
) -> Iterator[Explained]:
    """Every explanation the policy knows for paying `invoices` in full with `amount_minor`."""
    short = sum(payable.open_minor for payable in invoices) - amount_minor
    if short == 0:
        yield Explained("exact", policy.amount.exact)
    elif short < 0:
        yield from _overpaid(-short, policy, is_named=is_named)
    else:
        yield from _underpaid(short, invoices, policy, paid_on, is_named=is_named)


def _underpaid(
    short: int, invoices: Sequence[PayableInvoice], policy: MatchingPolicy, paid_on: date, *, is_named: bool
) -> Iterator[Explained]:
    """Some money must arrive for every invoice: a deduction of all that is open explains nothing."""
    rules = [
        rule
        for rule in policy.tds_rules
        if rule.valid_from <= paid_on and (rule.valid_to is None or paid_on <= rule.valid_to)
    ]
    by_tax = (explained for rule in rules for explained in _tax_deducted(short, invoices, rule, policy))
    for explained in (*by_tax, *_charged(short, len(invoices), policy, is_named=is_named)):
        if all(cut < p.open_minor for cut, p in zip(explained.deducted, invoices, strict=True)):
            yield explained


def tax_on(base_minor: int, rate: Decimal) -> int:
    """Tax to the paisa, half up: 0.1 % of ₹ 51,116.50 is ₹ 51.12."""
    return int((base_minor * rate).quantize(Decimal(1), ROUND_HALF_UP))


def _tax_deducted(
    short: int, invoices: Sequence[PayableInvoice], rule: TdsRule, policy: MatchingPolicy
) -> Iterator[Explained]:
    """The law's base is the value without GST; payers' systems often take the whole invoice."""
    gross = sum(payable.open_minor for payable in invoices)
    if short > gross * rule.rate + _RUPEE * len(invoices):
        return
    weights = policy.amount
    for code, weight, bases in (
        ("tds_on_taxable", weights.tds_on_taxable, [payable.taxable_minor for payable in invoices]),
        ("tds_on_total", weights.tds_on_total, [payable.open_minor for payable in invoices]),
    ):
        taxes = [tax_on(base, rule.rate) for base in bases]
        off = short - sum(taxes)
        if off == 0:
            yield Explained(code, weight, rule.kind, tuple(taxes))
        elif abs(off) <= len(taxes) or (abs(off) <= _RUPEE // 2 * len(taxes) and short % _RUPEE == 0):
            taxes[-1] += off
            if taxes[-1] > 0:
                yield Explained(code, weight + weights.tds_rounded, rule.kind, tuple(taxes))


def _charged(short: int, count: int, policy: MatchingPolicy, *, is_named: bool) -> Iterator[Explained]:
    """The bank kept its charge back once for the transfer; it is put to the first invoice."""
    charged = (short,) + (0,) * (count - 1)
    if short in policy.bank_charges_minor:
        yield Explained("bank_charge", policy.amount.bank_charge, BANK_CHARGE, charged)
    elif is_named and short <= policy.bank_charge_cap_minor:
        yield Explained("bank_charge", policy.amount.unusual_charge, BANK_CHARGE, charged)


def _overpaid(excess: int, policy: MatchingPolicy, *, is_named: bool) -> Iterator[Explained]:
    """A payer who rounds up leaves a small or a round amount; anything else needs the invoice to be named."""
    if excess > policy.overpaid_cap_minor:
        return
    freedom = round_amount_freedom(excess)
    if is_named or freedom < 5.0:
        yield Explained("overpaid", policy.amount.overpaid + min(freedom, 6.0), on_account_minor=excess)


def round_amount_freedom(excess: int) -> float:
    """Nats against just this excess among all small ones: up to a rupee, then by how round it is."""
    if excess <= _RUPEE:
        return 2.0
    for step, freedom in ((1000 * _RUPEE, 2.5), (500 * _RUPEE, 3.0), (100 * _RUPEE, 3.5), (10 * _RUPEE, 5.0)):
        if excess % step == 0:
            return freedom
    return math.log(excess)


def amount_freedom(amount_minor: int) -> float:
    """Nats against just this amount when nothing but the payer's liking decides it: round amounts come easily."""
    for step, freedom in ((1000 * _RUPEE, 6.8), (100 * _RUPEE, 9.0), (_RUPEE, 13.0)):
        if amount_minor % step == 0:
            return freedom
    return 16.5
