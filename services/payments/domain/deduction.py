"""Why a payment is smaller or larger than the invoices it pays: tax deducted, bank charges, money left over."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from services.payments.domain.deduction_terms import NO_PARTNER_TERMS, PartnerTerms, TdsRule
from services.payments.domain.matching_policy import AmountWeights, MatchingPolicy
from services.payments.domain.open_item import OpenInvoice

BANK_CHARGE = "BANK_CHARGE"
DISCOUNT = "DISCOUNT"
FREIGHT = "FREIGHT"
ROUNDING = "ROUNDING"
_RUPEE = 100
_LIKELY_FREEDOM = 5.0
_TEN_THOUSANDTH = 10_000


@dataclass(frozen=True, slots=True)
class PayableInvoice:
    """An invoice with what is still open of it now, and the part of its taxable value that this stands for."""

    invoice: OpenInvoice
    open_minor: int
    taxable_minor: int


@dataclass(frozen=True, slots=True)
class Explained:
    """How the difference comes about. `deducted` has kind and amount per invoice, in the order of the invoices;
    `expected_minor` is what the rule asks for, where there is one."""

    code: str
    weight: float
    kind: str = ""
    deducted: tuple[int, ...] = ()
    on_account_minor: int = 0
    expected_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Under what a payment is judged; `is_named`: the narration names the invoices; `open_count`: of the partner."""

    policy: MatchingPolicy
    paid_on: date
    terms: PartnerTerms = NO_PARTNER_TERMS
    is_named: bool = False
    open_count: int = 1


def differences_explained(
    amount_minor: int, invoices: Sequence[PayableInvoice], given: Circumstances
) -> Iterator[Explained]:
    """Every explanation the policy knows for paying `invoices` in full with `amount_minor`."""
    short = sum(payable.open_minor for payable in invoices) - amount_minor
    if short == 0:
        yield Explained("exact", given.policy.amount.exact)
    elif short < 0:
        yield from _overpaid(-short, amount_minor, given.policy, is_named=given.is_named)
    else:
        yield from _underpaid(short, amount_minor, invoices, given)


def _underpaid(
    short: int, amount_minor: int, invoices: Sequence[PayableInvoice], given: Circumstances
) -> Iterator[Explained]:
    """Some money must arrive for every invoice: a deduction of all that is open explains nothing."""
    if not (given.is_named or _may_be_kept_back(short, invoices, given)):
        return
    rules = [rule for rule in given.policy.tds_rules if rule.is_valid_on(given.paid_on)]
    by_tax = (explained for rule in rules for explained in tax_deducted(short, invoices, rule, given))
    for explained in (
        *by_tax,
        *_charged(short, len(invoices), given.policy, is_named=given.is_named),
        *_discounted(short, invoices, given),
        *_freight_advanced(short, len(invoices), given),
        *_rounded(short, amount_minor, len(invoices), given),
    ):
        if all(cut < p.open_minor for cut, p in zip(explained.deducted, invoices, strict=True)):
            yield explained


def _may_be_kept_back(short: int, invoices: Sequence[PayableInvoice], given: Circumstances) -> bool:
    """A quick look that lets all pass that can be explained when no invoice is named. Of the many sets whose sums are
    near a payment hardly any is short by what a rule asks for, and most of the work was to find that out in full."""
    terms, policy = given.terms, given.policy
    if short <= _RUPEE or short in policy.bank_charges_minor or terms.discounts or terms.freights:
        return True
    # What `_doubt_of` lets pass, and half a paisa an invoice for the rounding of its tax.
    slack = len(invoices) * (_RUPEE // 2 + 1 if short % _RUPEE == 0 else 2)
    standing = terms.deductor_on(given.paid_on)
    full = sum(payable.taxable_minor for payable in invoices)
    gross = sum(payable.open_minor for payable in invoices)
    for rule in policy.tds_rules:
        part, whole = _as_fraction(
            rule.rate if standing is None or standing.has_pan else rule.rate_without_pan
        )
        beyond = sum(beyond_threshold(payable, rule) for payable in invoices)
        if any(abs(short * whole - base * part) <= slack * whole for base in (full, gross, beyond)):
            return True
    return False


def tax_on(base_minor: int, rate: Decimal) -> int:
    """Tax to the paisa, half up: 0.1 % of ₹ 51,116.50 is ₹ 51.12."""
    part, whole = _as_fraction(rate)
    tax = (2 * abs(base_minor) * part + whole) // (2 * whole)
    return tax if base_minor >= 0 else -tax


@lru_cache(maxsize=256)
def _as_fraction(rate: Decimal) -> tuple[int, int]:
    """Whole numbers are reckoned with much faster, and as exactly."""
    return rate.as_integer_ratio()


def beyond_threshold(payable: PayableInvoice, rule: TdsRule) -> int:
    """The part of the open taxable value on which tax is due: what lies beyond the threshold of the year.

    With purchases of 49,50,000 before it, an invoice of 1,00,000 reaches 50,50,000: 50,000 of it bear tax.
    Unknown purchases count as beyond.
    """
    invoice = payable.invoice
    if invoice.purchases_before_minor is None or invoice.taxable_minor <= 0:
        return payable.taxable_minor
    reached = invoice.purchases_before_minor + invoice.taxable_minor - rule.threshold_minor
    beyond = min(max(reached, 0), invoice.taxable_minor)
    return beyond * payable.taxable_minor // invoice.taxable_minor


def tax_deducted(
    short: int, invoices: Sequence[PayableInvoice], rule: TdsRule, given: Circumstances
) -> Iterator[Explained]:
    """The law's base is the value without GST beyond the threshold; payers' systems often take all of the value or
    the whole invoice, and say nothing of it."""
    standing = given.terms.deductor_on(given.paid_on)
    rate = rule.rate if standing is None or standing.has_pan else rule.rate_without_pan
    gross = sum(payable.open_minor for payable in invoices)
    part, whole = _as_fraction(rate)
    if (short - max(_RUPEE * len(invoices), gross // _TEN_THOUSANDTH)) * whole > gross * part:
        return
    weights = given.policy.amount
    beyond = [beyond_threshold(payable, rule) for payable in invoices]
    full = [payable.taxable_minor for payable in invoices]
    certainty = 0.0 if any(beyond) else weights.tds_below_threshold
    if standing is not None:
        certainty += weights.tds_by_deductor if standing.is_deductor else weights.tds_by_no_deductor
    bases = [
        ("tds_on_taxable", weights.tds_on_taxable, full),
        ("tds_on_total", weights.tds_on_total, [payable.open_minor for payable in invoices]),
    ]
    if any(beyond) and beyond != full:
        bases.insert(0, ("tds_beyond_threshold", weights.tds_on_taxable, beyond))
    for code, weight, amounts in bases:
        taxes = [tax_on(base, rate) for base in amounts]
        off = short - sum(taxes)
        doubt = _doubt_of(off, short, taxes, gross, given)
        if doubt is not None and _spread(taxes, off):
            yield Explained(
                code, weight + certainty + doubt, rule.kind, tuple(taxes), expected_minor=sum(taxes) - off
            )


def _doubt_of(off: int, short: int, taxes: list[int], gross: int, given: Circumstances) -> float | None:
    """Nats against tax that is `off` by so many minor units; None when it cannot be this tax. What is only near is
    believed of named invoices alone: among thousands of invoices some total is always near."""
    weights, count = given.policy.amount, len(taxes)
    if off == 0:
        return 0.0
    if abs(off) <= count or (abs(off) <= _RUPEE // 2 * count and short % _RUPEE == 0):
        return weights.tds_rounded
    if not given.is_named:
        return None
    if abs(off) <= _RUPEE * count:
        return weights.tds_inexact
    return weights.tds_far_off if abs(off) <= gross // _TEN_THOUSANDTH else None


def _spread(taxes: list[int], off: int) -> bool:
    """Put the difference to the last tax that can bear it."""
    for position in reversed(range(len(taxes))):
        if taxes[position] + off > 0:
            taxes[position] += off
            return True
    return off == 0


def _charged(short: int, count: int, policy: MatchingPolicy, *, is_named: bool) -> Iterator[Explained]:
    """The bank kept its charge back once for the transfer; it is put to the first invoice."""
    charged = (short,) + (0,) * (count - 1)
    if short in policy.bank_charges_minor:
        yield Explained("bank_charge", policy.amount.bank_charge, BANK_CHARGE, charged)
    elif is_named and short <= policy.bank_charge_cap_minor:
        yield Explained("bank_charge", policy.amount.unusual_charge, BANK_CHARGE, charged)


def _discounted(short: int, invoices: Sequence[PayableInvoice], given: Circumstances) -> Iterator[Explained]:
    """A discount for paying early, earned by every invoice, off the total or off the value without GST."""
    for term in given.terms.discounts:
        if not all(term.is_earned(payable.invoice.issued_on, given.paid_on) for payable in invoices):
            continue
        rate = term.percent / 100
        for bases in (
            [payable.open_minor for payable in invoices],
            [payable.taxable_minor for payable in invoices],
        ):
            cuts = [tax_on(base, rate) for base in bases]
            expected = sum(cuts)
            if expected and abs(short - expected) <= _RUPEE * len(cuts):
                cuts[-1] += short - expected
                if cuts[-1] > 0:
                    yield Explained(
                        "discount",
                        given.policy.amount.discount,
                        DISCOUNT,
                        tuple(cuts),
                        expected_minor=expected,
                    )


def _freight_advanced(short: int, count: int, given: Circumstances) -> Iterator[Explained]:
    """Freight is advanced once for the payment; it is put to the first invoice."""
    advanced = (short,) + (0,) * (count - 1)
    weights = given.policy.amount
    for term in given.terms.freights:
        if not term.is_valid_on(given.paid_on):
            continue
        if short == term.amount_minor:
            yield Explained("freight", weights.freight, FREIGHT, advanced, expected_minor=short)
        elif given.is_named and term.cap_minor is not None and short <= term.cap_minor:
            yield Explained(
                "freight", weights.freight_within_cap, FREIGHT, advanced, expected_minor=term.cap_minor
            )


def _rounded(short: int, amount_minor: int, count: int, given: Circumstances) -> Iterator[Explained]:
    """Up to a rupee left away for a round sum; it is put to the last invoice. The more invoices there are to choose
    from, the likelier one of them is so near by chance."""
    if short <= _RUPEE:
        weights = given.policy.amount
        uneven = 0.0 if amount_minor % _RUPEE == 0 else weights.rounding_uneven
        chance = 0.0 if given.is_named else math.log(max(1, given.open_count))
        cuts = (0,) * (count - 1) + (short,)
        yield Explained("rounding", weights.rounding + uneven + chance, ROUNDING, cuts)


def _overpaid(
    excess: int, amount_minor: int, policy: MatchingPolicy, *, is_named: bool
) -> Iterator[Explained]:
    """A payer who rounds up leaves a small or a round amount; anything else needs the invoice to be named."""
    if excess > policy.overpaid_cap_minor:
        return
    if is_named or is_left_over_likely(excess):
        freedom = round_amount_freedom(excess)
        uneven = policy.amount.rounding_uneven if excess < _RUPEE and amount_minor % _RUPEE else 0.0
        weight = policy.amount.overpaid + min(freedom, 6.0) + uneven
        yield Explained("overpaid", weight, on_account_minor=excess)


@lru_cache(maxsize=16)
def least_difference(weights: AmountWeights) -> float:
    """No difference between a payment and invoices that are paid in full with it weighs less."""
    certainty = min(0.0, weights.tds_below_threshold)
    certainty += min(0.0, weights.tds_by_deductor, weights.tds_by_no_deductor)
    taxed = min(weights.tds_on_taxable, weights.tds_on_total) + certainty
    return min(
        weights.exact, taxed, weights.bank_charge, weights.unusual_charge, weights.discount, weights.freight,
        weights.freight_within_cap, weights.rounding, weights.overpaid,
    )  # fmt: skip


@lru_cache(maxsize=4096)
def is_left_over_likely(excess: int) -> bool:
    """Small or round enough to be believed of an invoice that is not named."""
    if excess > 2 * _RUPEE and excess % (10 * _RUPEE):  # most are neither; e to the power of 5 is 1.48 rupees
        return False
    return round_amount_freedom(excess) < _LIKELY_FREEDOM


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
