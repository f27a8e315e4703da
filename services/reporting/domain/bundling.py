"""What is bought together: sets of items by how many orders hold them, and rules that are more than chance.

Orders of an item are the bits of one whole number, so that orders with all items of a set are counted exactly by one `and`
and a count of bits (Eclat, Zaki 2000). With N orders and n(X) of them holding all of X:

    support    = n(AB) / N            confidence = n(AB) / n(A)
    lift       = n(AB) N / (n(A) n(B))    leverage   = n(AB)/N − n(A) n(B)/N²

Limits are compared in whole numbers: confidence ≥ a/b as n(AB) b ≥ n(A) a. A rule counts when Fisher's exact test (one side)
passes Benjamini and Hochberg's limit on the share of false ones among all that were tested (1995).
Worked: of 10 orders 4 hold A, 5 hold B, 4 both: confidence 1, lift 4 · 10 / (4 · 5) = 2, leverage 0.4 − 0.2 = 0.2.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import exp, lgamma
from typing import Final

from services.reporting.domain.analysis_rows import RowReading, SourceRow
from services.reporting.domain.errors import AnalysisInvalid

SETS_MAX: Final = 20_000
Items = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BundlingOptions:
    """What counts as evidence, and how bundles are priced when rows tell price and cost."""

    currency: str = "INR"
    orders_min: int = 10
    confidence_min_percent: int = 20
    size_max: int = 3
    false_share_percent: int = 5
    discount_percent: str = "10"
    margin_floor_percent: str = "20"
    attach_percent: str = "5"


@dataclass(frozen=True, slots=True)
class Baskets:
    """How many orders there are, and which hold each item: a bit per order."""

    orders: int
    held_by: Mapping[str, int]

    def count(self, items: Items) -> int:
        """Orders that hold all of them."""
        return self.holding(items).bit_count()

    def holding(self, items: Items) -> int:
        """The bits of those orders."""
        bits = self.held_by[items[0]]
        for item in items[1:]:
            bits &= self.held_by[item]
        return bits

    def holding_any(self, items: Items) -> int:
        """How many orders hold at least one of them."""
        bits = 0
        for item in items:
            bits |= self.held_by[item]
        return bits.bit_count()


@dataclass(frozen=True, slots=True)
class Rule:
    """Who buys `given` also buys `then`; counts of orders, and the chance of as many if both were bought independently."""

    given: Items
    then: str
    both: int
    given_count: int
    then_count: int
    orders: int
    chance: float
    is_significant: bool

    @property
    def confidence(self) -> Fraction:
        return Fraction(self.both, self.given_count)

    @property
    def lift(self) -> Fraction:
        return Fraction(self.both * self.orders, self.given_count * self.then_count)

    @property
    def leverage(self) -> Fraction:
        return Fraction(self.both, self.orders) - Fraction(self.given_count * self.then_count, self.orders**2)


def baskets_of(rows: Sequence[SourceRow]) -> Baskets:
    """One row per item of an order; an item that comes again in an order counts once."""
    reading = RowReading(rows)
    reading.need_columns("order_number", "product_code")
    places: dict[str, int] = {}
    held: dict[str, int] = defaultdict(int)
    for row in reading:
        order, item = row.text("order_number"), row.text("product_code")
        held[item] |= 1 << places.setdefault(order, len(places))
    reading.refuse_problems()
    return Baskets(len(places), dict(held))


def frequent_sets(baskets: Baskets, orders_min: int, size_max: int) -> dict[Items, int]:
    """Every set of two or more items that at least so many orders hold. AnalysisInvalid when there are too many to show."""
    items = sorted(item for item, bits in baskets.held_by.items() if bits.bit_count() >= orders_min)
    found: dict[Items, int] = {}
    ways: list[tuple[Items, int, int]] = [
        ((item,), baskets.held_by[item], place) for place, item in enumerate(items)
    ]
    while ways:
        chosen, bits, place = ways.pop()
        for following in range(place + 1, len(items)):
            both = bits & baskets.held_by[items[following]]
            count = both.bit_count()
            if count < orders_min:
                continue
            found[(*chosen, items[following])] = count
            if len(found) > SETS_MAX:
                raise AnalysisInvalid(
                    f"More than {SETS_MAX} sets are held by {orders_min} orders; ask for more orders"
                )
            if len(chosen) + 1 < size_max:
                ways.append(((*chosen, items[following]), both, following))
    return dict(sorted(found.items()))


def rules_of(baskets: Baskets, sets: Mapping[Items, int], options: BundlingOptions) -> list[Rule]:
    """Rules that are confident enough, with their chance; the most surprising first."""
    tested = list(_confident(baskets, sets, options))
    by_chance = sorted(range(len(tested)), key=lambda place: tested[place].chance)
    last = 0
    for rank, place in enumerate(by_chance, 1):
        if tested[place].chance * len(tested) * 100 <= rank * options.false_share_percent:
            last = rank
    passed = set(by_chance[:last])
    marked = [
        Rule(
            one.given,
            one.then,
            one.both,
            one.given_count,
            one.then_count,
            one.orders,
            one.chance,
            place in passed,
        )
        for place, one in enumerate(tested)
    ]
    return sorted(marked, key=lambda one: (not one.is_significant, -one.lift, one.given, one.then))


def _confident(baskets: Baskets, sets: Mapping[Items, int], options: BundlingOptions) -> Iterator[Rule]:
    for items, both in sets.items():
        for then in items:
            given = tuple(item for item in items if item != then)
            given_count, then_count = baskets.count(given), baskets.count((then,))
            if both * 100 < given_count * options.confidence_min_percent:
                continue
            chance = chance_of(both, given_count, then_count, baskets.orders)
            yield Rule(
                given, then, both, given_count, then_count, baskets.orders, chance, is_significant=False
            )


def chance_of(both: int, one: int, other: int, orders: int) -> float:
    """Fisher's exact test, one-sided: that at least so many hold both, if `one` and `other` orders were drawn at random."""

    def ways(total: int, chosen: int) -> float:
        return lgamma(total + 1) - lgamma(chosen + 1) - lgamma(total - chosen + 1)

    all_ways = ways(orders, other)
    return min(
        1.0,
        sum(
            exp(ways(one, count) + ways(orders - one, other - count) - all_ways)
            for count in range(both, min(one, other) + 1)
            if other - count <= orders - one
        ),
    )
