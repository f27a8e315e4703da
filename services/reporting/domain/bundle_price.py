"""What a bundle may cost and what it does to profit, from prices, costs and the orders that hold its items already.

    bundle price = max((1 − discount) Σ price, Σ cost / (1 − margin floor))
    given away   = orders that hold all of it already × (Σ price − bundle price)
    won          = attach share of the orders that hold a part × (bundle price − Σ cost), less what those parts earn already

Worked: items at 100 and 50, costs 60 and 20, a tenth off: 135, above a floor of 80 / 0.8 = 100. 10 orders hold both and lose
15 each; 40 hold one and earn 1,500 with it; all of them with the bundle would earn 40 · 55 = 2,200. At a share of 5 %:
0.05 · (2,200 − 1,500) − 150 = −115; the share at which nothing is lost is 150 / 700 = 21.43 %.
The price falls on the items by their prices alone (Ind AS 115, paragraph 76).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from services.reporting.domain.analysis_rows import RowReading, SourceRow
from services.reporting.domain.bundling import Baskets, BundlingOptions, Items
from services.reporting.domain.errors import AnalysisInvalid, CostUnknown
from services.reporting.domain.exact_parts import minor, whole, whole_parts

NOTHING: Final = Fraction(0)


@dataclass(frozen=True, slots=True)
class ItemPrice:
    """The mean of what rows tell, for one, in minor units, not rounded."""

    price: Fraction
    cost: Fraction


@dataclass(frozen=True, slots=True)
class Bundle:
    """A set with its price; amounts in minor units. `break_even` is an attach share, None when no share is enough."""

    items: Items
    together: int
    partly: int
    prices_minor: int
    costs_minor: int
    price_minor: int
    is_at_floor: bool
    parts_minor: tuple[int, ...]
    given_away_minor: int
    won_minor: int
    break_even: Fraction | None

    @property
    def profit_minor(self) -> int:
        """What changes in all."""
        return self.won_minor - self.given_away_minor


def prices_of(rows: Sequence[SourceRow], options: BundlingOptions) -> dict[str, ItemPrice] | None:
    """By item; None when no row tells prices or costs. CostUnknown and AnalysisInvalid name items that lack one."""
    reading = RowReading(rows)
    if not {"price", "cost"} & reading.columns():
        return None
    told: dict[str, tuple[list[Fraction], list[Fraction]]] = defaultdict(lambda: ([], []))
    for row in reading:
        prices, costs = told[row.text("product_code")]
        for column, values in (("price", prices), ("cost", costs)):
            value = row.optional_number(column)
            if value is not None:
                values.append(minor(value, options.currency))
    reading.refuse_problems()
    if unknown := sorted(item for item, (_, costs) in told.items() if not costs):
        raise CostUnknown(f"No row tells a cost of {', '.join(unknown[:10])}")
    if unpriced := sorted(item for item, (prices, _) in told.items() if not prices):
        raise AnalysisInvalid(f"No row tells a price of {', '.join(unpriced[:10])}")
    return {
        item: ItemPrice(sum(prices, NOTHING) / len(prices), sum(costs, NOTHING) / len(costs))
        for item, (prices, costs) in told.items()
    }


def bundle_of(
    items: Items, baskets: Baskets, prices: Mapping[str, ItemPrice], options: BundlingOptions
) -> Bundle:
    """The set as a bundle. AnalysisInvalid for a margin floor of everything."""
    floor, discount = Fraction(options.margin_floor_percent) / 100, Fraction(options.discount_percent) / 100
    if floor >= 1 or discount >= 1:
        raise AnalysisInvalid("Discount and margin floor are less than 100 percent")
    together, partly = baskets.count(items), baskets.holding_any(items) - baskets.count(items)
    alone, costs = (
        sum((getattr(prices[item], name) for item in items), NOTHING) for name in ("price", "cost")
    )
    discounted, least = (1 - discount) * alone, costs / (1 - floor)
    price = whole(max(discounted, least))
    # Orders that hold a part: what all items earn in all orders, less the orders that hold everything.
    earned = sum(
        ((prices[item].price - prices[item].cost) * (baskets.count((item,)) - together) for item in items),
        NOTHING,
    )
    given_away, gain = together * (alone - price), partly * (price - costs) - earned
    share = Fraction(options.attach_percent) / 100
    return Bundle(
        items, together, partly, whole(alone), whole(costs), price, least > discounted,
        tuple(whole_parts([price * prices[item].price / alone for item in items], price)) if alone else (0,) * len(items),
        whole(given_away), whole(share * gain), given_away / gain if gain > 0 else None,
    )  # fmt: skip
