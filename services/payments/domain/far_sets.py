"""Sets of invoices with gaps: the last look at a payment that nothing else explains.

Any two to four of many, or up to five near each other; each is found by sums of pairs or inside a short window, so that
work grows with the square of how many invoices there are, never with the number of their sets.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import chain, combinations
from typing import Final

from services.payments.domain.deduction import PayableInvoice, tax_on
from services.payments.domain.deduction_terms import PartnerTerms, TdsRule

Positions = tuple[int, ...]
_PAISE: Final = 2  # a share of each of four invoices, rounded otherwise than we do
_NEAR_SPAN: Final = 8
_NEAR_SIZE_MAX: Final = 5


def far_sets(
    amount_minor: int, payables: Sequence[PayableInvoice], shares: Sequence[Decimal], *, found_max: int
) -> list[Positions]:
    """Positions of invoices that add up to the amount in full, or less one of `shares` of each open amount or of each
    value without tax; at most `found_max` sets."""
    found: dict[Positions, None] = {}
    for amounts, slack in _nets(payables, shares):
        low, high = amount_minor - slack, amount_minor + slack
        for positions in chain(few_within(amounts, low, high), near_within(amounts, low, high)):
            found[positions] = None
            if len(found) >= found_max:
                return list(found)
    return list(found)


def shares_kept(rules: Sequence[TdsRule], terms: PartnerTerms, paid_on: date) -> list[Decimal]:
    """The shares that the partner may keep back of every invoice on the day: tax by law, discounts agreed on."""
    standing = terms.deductor_on(paid_on)
    has_pan = standing is None or standing.has_pan
    taxes = {r.rate if has_pan else r.rate_without_pan for r in rules if r.is_valid_on(paid_on)}
    discounts = {term.percent / 100 for term in terms.discounts if term.valid_from <= paid_on}
    return sorted(taxes | discounts)


def _nets(payables: Sequence[PayableInvoice], shares: Sequence[Decimal]) -> Iterator[tuple[list[int], int]]:
    """What arrives for each invoice, one way of paying after the other, and how far off a sum of it may be."""
    full = [payable.open_minor for payable in payables]
    yield full, 0
    for share in shares:
        for bases in ([payable.taxable_minor for payable in payables], full):
            yield [amount - tax_on(base, share) for amount, base in zip(full, bases, strict=True)], _PAISE


def few_within(amounts: Sequence[int], low: int, high: int) -> Iterator[Positions]:
    """Two, three or four positions in rising order whose amounts add up to low … high: a pair, after nothing, one or a
    pair before it."""
    pairs = sorted((amounts[i] + amounts[j], i, j) for i, j in combinations(range(len(amounts)), 2))
    sums = [total for total, _, _ in pairs]
    nothing: tuple[int, Positions] = (0, ())
    singles = ((amount, (i,)) for i, amount in enumerate(amounts))
    for total, members in chain([nothing], singles, ((total, (i, j)) for total, i, j in pairs)):
        first = bisect_left(sums, low - total)
        for _, i, j in pairs[first : bisect_right(sums, high - total, first)]:
            if not members or i > members[-1]:
                yield (*members, i, j)


def near_within(amounts: Sequence[int], low: int, high: int) -> Iterator[Positions]:
    """Two to five positions among eight neighbours whose amounts add up to low … high."""
    for start, amount in enumerate(amounts):
        after = range(start + 1, min(len(amounts), start + _NEAR_SPAN))
        neighbours = amounts[after.start : after.stop]
        for size in range(1, _NEAR_SIZE_MAX):
            sums = map(sum, combinations(neighbours, size))
            for others, total in zip(combinations(after, size), sums, strict=True):
                if low - amount <= total <= high - amount:
                    yield (start, *others)
