"""What a sum of money may be for: every way the policy knows of paying one partner's open invoices with it, weighed."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from services.payments.domain.deduction import (
    Circumstances,
    Explained,
    PayableInvoice,
    amount_freedom,
    beyond_threshold,
    differences_explained,
    is_left_over_likely,
    least_difference,
)
from services.payments.domain.deduction_terms import PartnerTerms, TdsRule
from services.payments.domain.far_sets import far_sets, shares_kept
from services.payments.domain.matching_policy import MatchingPolicy
from services.payments.domain.named_invoices import NamedInvoices
from services.payments.domain.open_book import PartnerAccount
from services.payments.domain.subset_sum import loose_subsets

_ON_ACCOUNT = "on_account"
_PARTIAL = "partly_paid"
_ROUND_FREEDOM = 8.0


@dataclass(frozen=True, slots=True)
class Explanation:
    """`weight`: nats against it. Allocated and deducted amounts are in the order of `payables`."""

    weight: float
    code: str
    payables: tuple[PayableInvoice, ...]
    allocated: tuple[int, ...]
    deducted: tuple[int, ...]
    deduction_kind: str
    on_account_minor: int
    is_named: bool
    expected_minor: int | None = None
    leaves_number_aside: bool = False

    @property
    def signature(self) -> tuple[object, ...]:
        """Equal for explanations that differ only in which of several equal invoices they pay, or in what the same small
        sum was kept back for: the likelier is taken, because who paid what is the same. What is kept back once for the
        payment is put to one invoice by convention, so to which does not matter either."""
        paid = [
            (p.taxable_minor, p.open_minor, allocated + deducted)
            for p, allocated, deducted in zip(self.payables, self.allocated, self.deducted, strict=True)
        ]
        kept_back = [deducted for deducted in self.deducted if deducted]
        return self.on_account_minor, tuple(sorted(paid)), tuple(sorted(kept_back))


@dataclass(frozen=True, slots=True)
class Payment:
    amount_minor: int
    paid_on: date


@dataclass(frozen=True, slots=True)
class _Choice:
    positions: tuple[int, ...]
    weight: float


def explanations(
    payment: Payment,
    account: PartnerAccount,
    named: NamedInvoices,
    policy: MatchingPolicy,
    *,
    weight_max: float = math.inf,
) -> list[Explanation]:
    """All explanations by one partner's account; the last resort, money on account, is always among them.

    Those heavier than `weight_max` make no difference to the caller: sets that can only be heavier are not searched.
    """
    found: list[Explanation] = []
    window = _window(payment, account.terms, policy)
    is_named_only = (
        weight_max < math.inf
        and _least_unnamed(named, policy) > weight_max
        and _least_of_loose(account, named, policy) > weight_max
    )
    listed = _named_choices if is_named_only else _choices
    for choice in listed(payment, account, named, policy, window):
        found += _explained(choice, payment, account, named, policy)
    best = min(found, key=lambda explanation: explanation.weight, default=None)
    if best is None or best.weight >= policy.amount.loose_search_above:
        if not is_named_only and _least_of_loose(account, named, policy) <= weight_max:
            found += _last_explained(payment, account, named, policy, window[1])
    elif (
        len(best.payables) > 1
        and not best.is_named
        and (
            best.weight + policy.amount.rival_sum <= weight_max
            or (not is_named_only and _least_of_loose(account, named, policy) <= weight_max)
        )
    ):
        found += _rivals(best, payment, account, named, policy)
    found += _partly_paid(payment, account, named, policy)
    weight = policy.amount.on_account + amount_freedom(payment.amount_minor) + named.weight((), policy.amount)
    found.append(Explanation(weight, _ON_ACCOUNT, (), (), (), "", payment.amount_minor, is_named=False))
    return found


def _last_explained(
    payment: Payment, account: PartnerAccount, named: NamedInvoices, policy: MatchingPolicy, high: int
) -> Iterator[Explanation]:
    """By sets with gaps, up to a sum of `high`: searched where nothing better was found."""
    exact = list(_loose_choices(payment.amount_minor, payment.amount_minor, account, policy))
    for choice in exact or _loose_choices(payment.amount_minor, high, account, policy):
        yield from _explained(choice, payment, account, named, policy)
    if account.is_searched_far:
        for choice in _far_choices(payment, account, policy):
            yield from _explained(choice, payment, account, named, policy)


def _least_of_loose(account: PartnerAccount, named: NamedInvoices, policy: MatchingPolicy) -> float:
    """No set with gaps weighs less, whatever it adds up to: see `_loose_choice` for two neighbours from the first on."""
    bounds, weights = policy.bounds, policy.amount
    items_max = bounds.far_items_max if account.is_searched_far else bounds.loose_items_max
    count = len(account.payables)
    of_all = math.log(count) if count > bounds.loose_size_max else 0.0
    choice = weights.loose_choice + min(of_all, _rank(0, policy) + 2 * weights.run_step)
    return choice + named.least_weight(items_max, weights) + least_difference(weights)


def _least_unnamed(named: NamedInvoices, policy: MatchingPolicy) -> float:
    """Nothing weighs less but money on account, a named set, a named invoice, runs that hold one, and sets with gaps."""
    weights = policy.amount
    choice = min(_rank(0, policy), weights.run + _rank(0, policy))
    return choice + named.weight_unmet(weights) + least_difference(weights)


def _named_choices(
    payment: Payment,
    account: PartnerAccount,
    named: NamedInvoices,
    policy: MatchingPolicy,
    window: tuple[int, int],
) -> Iterator[_Choice]:
    """Of `_choices` those that hold an invoice which a reference fits."""
    whole, (low, high) = named.whole_set(), window
    if whole:
        yield _Choice(whole, 0.0)
    opened = {position: account.payables[position].open_minor for position in sorted(named.positions)}
    for position, open_minor in opened.items():
        if (position,) != whole and low <= open_minor <= high:
            yield _Choice((position,), _rank(position, policy))
    small = frozenset(position for position, open_minor in opened.items() if open_minor < high)
    if small:
        yield from _run_choices(payment.amount_minor, high, account, policy, small, whole)


def _choices(
    payment: Payment,
    account: PartnerAccount,
    named: NamedInvoices,
    policy: MatchingPolicy,
    window: tuple[int, int],
) -> Iterator[_Choice]:
    whole = named.whole_set()
    if whole:
        yield _Choice(whole, 0.0)
    yield from _single_choices(payment, account, named, policy, window)
    yield from _run_choices(payment.amount_minor, window[1], account, policy, None, whole)


def _run_choices(
    low: int,
    high: int,
    account: PartnerAccount,
    policy: MatchingPolicy,
    holding: frozenset[int] | None,
    seen_before: tuple[int, ...],
) -> Iterator[_Choice]:
    """Neighbours by age and by due date, of which one is among `holding` where that is given."""
    weights, order = policy.amount, account.by_due_date
    seen = {seen_before}
    for start, end in account.runs.within(low, high, holding):
        positions = tuple(range(start, end))
        if positions not in seen:
            seen.add(positions)
            yield _Choice(
                positions, weights.run + weights.run_step * (end - start - 2) + _rank(start, policy)
            )
    if not order:
        return
    if holding is not None:
        holding = frozenset(place for place, position in enumerate(order) if position in holding)
    for start, end in account.due_runs.within(low, high, holding):
        positions = tuple(sorted(order[start:end]))
        if positions not in seen:
            weight = weights.run + weights.run_step * (end - start - 2) + _rank(start, policy)
            yield _Choice(positions, weight + weights.other_order)


def _single_choices(
    payment: Payment,
    account: PartnerAccount,
    named: NamedInvoices,
    policy: MatchingPolicy,
    window: tuple[int, int],
) -> Iterator[_Choice]:
    """Of invoices that no reference means and that differ in nothing a payment could tell, only the likeliest."""
    whole = named.whole_set()
    is_telling_days = bool(account.terms.discounts)
    likeliest: dict[tuple[object, ...], tuple[float, date, str, int]] = {}
    for position in _fitting_alone(payment.amount_minor, account, named, window):
        payable = account.payables[position]
        excess = payment.amount_minor - payable.open_minor
        if is_telling_days or named.means(position):
            if (position,) != whole:
                yield _Choice((position,), _rank(position, policy))
            continue
        alike = _told_apart_by(payable, payment, policy, is_short=excess < 0)
        invoice = payable.invoice
        place = (_rank(position, policy), invoice.due_on, invoice.number, position)
        if alike not in likeliest or place < likeliest[alike]:
            likeliest[alike] = place
    for weight, _, _, position in likeliest.values():
        yield _Choice((position,), weight)


def _fitting_alone(
    amount_minor: int, account: PartnerAccount, named: NamedInvoices, window: tuple[int, int]
) -> list[int]:
    """Of the invoices in the window, the named ones, and those that the amount pays without leaving an odd sum over: some
    in a hundred of the smaller ones, so they are passed over by their bare amounts."""
    low, high = window
    found = account.payables.leaving(amount_minor, low, high, is_left_over_likely)
    meant = [p for p in named.positions if low <= account.amounts[p] <= high]
    return sorted({*found, *meant}) if meant else found


def _told_apart_by(
    payable: PayableInvoice, payment: Payment, policy: MatchingPolicy, *, is_short: bool
) -> tuple[object, ...]:
    """All of an invoice that its explanations depend on, besides its place; purchases only where tax may be kept back."""
    is_early = payable.invoice.issued_on > payment.paid_on
    taxed = tuple(beyond_threshold(payable, rule) for rule in policy.tds_rules) if is_short else ()
    return payable.open_minor, payable.taxable_minor, is_early, taxed


def _rank(position: int, policy: MatchingPolicy) -> float:
    return min(policy.amount.rank_step * (position + 1), policy.amount.rank_max)


def _window(payment: Payment, terms: PartnerTerms, policy: MatchingPolicy) -> tuple[int, int]:
    """Sums of invoices that some deduction or overpayment could turn into the amount."""
    amount_minor = payment.amount_minor
    charges = (policy.bank_charge_cap_minor, *policy.bank_charges_minor)
    fixed, part, whole = _short_by(policy.tds_rules, charges, terms, payment.paid_on)
    low = max(1, amount_minor - policy.overpaid_cap_minor)
    return low, amount_minor + fixed + amount_minor * part // whole + 200


@lru_cache(maxsize=1024)
def _short_by(
    rules: tuple[TdsRule, ...], charges: tuple[int, ...], terms: PartnerTerms, day: date
) -> tuple[int, int, int]:
    """The most that invoices paid on the day may be short by: an amount, and a share of what is paid as a fraction."""
    fixed = max(*charges, *(max(t.amount_minor or 0, t.cap_minor or 0) for t in terms.freights), 0)
    standing = terms.deductor_on(day)
    has_pan = standing is None or standing.has_pan
    rate = max((rule.rate if has_pan else rule.rate_without_pan for rule in rules), default=Decimal(0))
    # Of what is short by a share of the sum, the amount is the rest: a tenth off leaves nine tenths.
    share = Fraction(max(rate, terms.highest_discount_on(day) / 100)) * Fraction("1.12")
    kept_back = share / (1 - min(share, Fraction("0.9")))
    return fixed, kept_back.numerator, kept_back.denominator


def _rivals(
    best: Explanation, payment: Payment, account: PartnerAccount, named: NamedInvoices, policy: MatchingPolicy
) -> Iterator[Explanation]:
    """Other sets of a few invoices that add up to just the amount. Whatever order speaks for the best set, two sets that
    fit are a question to a person, so a rival is never much less likely than it."""
    for choice in _loose_choices(payment.amount_minor, payment.amount_minor, account, policy):
        for rival in _explained(choice, payment, account, named, policy):
            if rival.signature != best.signature:
                yield replace(rival, weight=min(rival.weight, best.weight + policy.amount.rival_sum))


def _loose_choices(low: int, high: int, account: PartnerAccount, policy: MatchingPolicy) -> Iterator[_Choice]:
    """Any few of the oldest invoices."""
    for subset in loose_subsets(account.loose_sums, low, high, found_max=policy.bounds.loose_found_max):
        yield _loose_choice(subset, account, policy)


def _far_choices(payment: Payment, account: PartnerAccount, policy: MatchingPolicy) -> Iterator[_Choice]:
    """Few of many invoices, whatever lies between them. A round sum is paid on account, so no chance is looked for."""
    if amount_freedom(payment.amount_minor) < _ROUND_FREEDOM:
        return
    payables = account.payables[: policy.bounds.far_items_max]
    shares = shares_kept(policy.tds_rules, account.terms, payment.paid_on)
    for subset in far_sets(payment.amount_minor, payables, shares, found_max=policy.bounds.far_found_max):
        yield _loose_choice(subset, account, policy)


def _loose_choice(subset: Sequence[int], account: PartnerAccount, policy: MatchingPolicy) -> _Choice:
    """One of all sets of its size, or of neighbours but for some that are disputed or part paid."""
    first, span, size = min(subset), max(subset) - min(subset) + 1, len(subset)
    of_all = math.log(math.comb(len(account.amounts), size))
    of_neighbours = _rank(first, policy) + policy.amount.run_step * span + math.log(math.comb(span, size))
    return _Choice(tuple(sorted(subset)), policy.amount.loose_choice + min(of_all, of_neighbours))


def _explained(
    choice: _Choice, payment: Payment, account: PartnerAccount, named: NamedInvoices, policy: MatchingPolicy
) -> Iterator[Explanation]:
    payables = tuple(account.payables[position] for position in choice.positions)
    is_named = bool(named.told) and named.told.issuperset(choice.positions)
    base: float | None = None
    is_aside = False
    given = Circumstances(policy, payment.paid_on, account.terms, is_named, len(account.payables))
    for explained in differences_explained(payment.amount_minor, payables, given):
        if base is None:
            base = (
                choice.weight
                + named.weight(choice.positions, policy.amount)
                + _early(payables, payment, policy)
            )
            is_aside = named.leaves_aside(choice.positions)
        yield _explanation(base, explained, payables, is_named=is_named, is_aside=is_aside)


def _early(payables: tuple[PayableInvoice, ...], payment: Payment, policy: MatchingPolicy) -> float:
    """Invoices are seldom paid before they are issued."""
    return policy.amount.paid_before_issue * any(p.invoice.issued_on > payment.paid_on for p in payables)


def _explanation(
    base: float, explained: Explained, payables: tuple[PayableInvoice, ...], *, is_named: bool, is_aside: bool
) -> Explanation:
    deducted = explained.deducted or (0,) * len(payables)
    return Explanation(
        weight=base + explained.weight,
        code=explained.code,
        payables=payables,
        allocated=tuple(p.open_minor - cut for p, cut in zip(payables, deducted, strict=True)),
        deducted=deducted,
        deduction_kind=explained.kind,
        on_account_minor=explained.on_account_minor,
        is_named=is_named,
        expected_minor=explained.expected_minor,
        leaves_number_aside=is_aside,
    )


def _partly_paid(
    payment: Payment, account: PartnerAccount, named: NamedInvoices, policy: MatchingPolicy
) -> Iterator[Explanation]:
    """A part payment is recognised only when it names the one invoice that it is for."""
    for position in named.whole_set() if len(named.positions) == 1 else ():
        payable = account.payables[position]
        if payment.amount_minor < payable.open_minor:
            weight = policy.amount.partly_paid + amount_freedom(payment.amount_minor)
            weight += named.weight((position,), policy.amount) + _early((payable,), payment, policy)
            yield Explanation(
                weight, _PARTIAL, (payable,), (payment.amount_minor,), (0,), "", 0, is_named=True
            )
