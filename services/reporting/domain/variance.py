"""Variance: what a change of revenue or margin is made of, line by line, adding up to the change exactly.

Per line (product, customer, whatever is the key) q is quantity, p the net price of one in local currency, e the exchange
rate; 0 is the base, 1 the actual. Volume and mix compare a line with all lines of its unit that are on both sides:
Q is their quantity. Everything but the currency effect is at the base's rate, which takes currency out of price first.

    currency     = q1 p1 (e1 - e0)                      of everything that came
    price        = (p1 - p0) q1 e0                      the joint effect of price and quantity in it
    volume       = (Q1 - Q0) (q0 / Q0) p0 e0
    mix          = (q1 - Q1 q0 / Q0) p0 e0
    new          = q1 p1 e0                             not sold on the base's side
    discontinued = - q0 p0 e0                           no longer sold

With `three_way` price is (p1 - p0) q0 e0 and `joint` (p1 - p0)(q1 - q0) e0 stands apart; with `symmetric` (Bennet 1920)
price takes the mean quantity, volume and mix the mean price. For margin p is price less cost, and the cost's own part of
the price effect stands apart as `cost`. Worked: 10 at 5.00 become 12 at 6.00 among lines whose quantities grew by a tenth:
price 12.00, volume 5.00, mix 5.00, together 22.00 = 72.00 - 50.00.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from services.reporting.domain.exact_parts import minor, whole, whole_parts
from services.reporting.domain.variance_rows import (
    NOTHING,
    Measure,
    PriceMethod,
    RateTable,
    SideSums,
    Sums,
    VarianceLine,
    VarianceOptions,
    rate_table,
)

HALF: Final = Fraction(1, 2)
Effects = dict[str, Fraction]


@dataclass(frozen=True, slots=True)
class UnitTotals:
    """Quantities of the lines of one unit that are on both sides, in all and by the column of the mix."""

    base: Fraction
    actual: Fraction
    by_family: Mapping[str, tuple[Fraction, Fraction]]


@dataclass(frozen=True, slots=True)
class ExplainedLine:
    """A line with its effects in minor units of the analysis' currency; they add up to `actual - base`."""

    line: VarianceLine
    base_minor: int
    actual_minor: int
    effects_minor: Mapping[str, int]
    exact: Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class Variance:
    """All lines explained, and the quantities that volume and mix were measured with."""

    lines: tuple[ExplainedLine, ...]
    units: Mapping[str, UnitTotals]
    codes: tuple[str, ...]

    def total_minor(self, code: str) -> int:
        """An effect over all lines."""
        return sum(one.effects_minor.get(code, 0) for one in self.lines)

    @property
    def base_minor(self) -> int:
        return sum(one.base_minor for one in self.lines)

    @property
    def actual_minor(self) -> int:
        return sum(one.actual_minor for one in self.lines)

    def rounding(self, code: str) -> Fraction:
        """By how many minor units the effect differs from its exact value, because each line is whole paise."""
        exact = sum((one.exact.get(code, NOTHING) for one in self.lines), NOTHING)
        return self.total_minor(code) - exact


def variance(lines: Sequence[VarianceLine], options: VarianceOptions) -> Variance:
    """Explain each line. RateUnknown names a currency that cannot be converted."""
    rates = rate_table(options)
    units = _unit_totals(lines, options)
    codes = effect_codes(options)
    explained = tuple(_explained(line, options, rates, units[line.unit]) for line in lines)
    return Variance(explained, units, codes)


def effect_codes(options: VarianceOptions) -> tuple[str, ...]:
    """The effects of this kind of analysis, in the order of a waterfall."""
    mix = ("mix",) if options.mix_by is None else ("mix_between", "mix_within")
    joint = ("joint",) if options.price_method is PriceMethod.THREE_WAY else ()
    cost = ("cost",) if options.measure is Measure.MARGIN else ()
    return (
        "currency",
        "price",
        *joint,
        *cost,
        "volume",
        *mix,
        "new",
        "discontinued",
        "returns",
        "adjustments",
    )


def is_continuing(line: VarianceLine) -> bool:
    """Sold on both sides."""
    return line.base.sold.quantity > 0 and line.actual.sold.quantity > 0


def family_of(line: VarianceLine, options: VarianceOptions) -> str:
    """What the column of the mix says of the line; nothing without such a column."""
    if options.mix_by is None:
        return ""
    names = dict(zip((*options.hierarchy, *options.keys), (*line.path, *line.key), strict=True))
    return names[options.mix_by]


def _unit_totals(lines: Sequence[VarianceLine], options: VarianceOptions) -> dict[str, UnitTotals]:
    families: dict[str, dict[str, tuple[Fraction, Fraction]]] = defaultdict(dict)
    for line in lines:
        family = family_of(line, options)
        base, actual = families[line.unit].get(family, (NOTHING, NOTHING))
        if is_continuing(line):
            base, actual = base + line.base.sold.quantity, actual + line.actual.sold.quantity
        families[line.unit][family] = base, actual
    return {
        unit: UnitTotals(
            sum((base for base, _ in found.values()), NOTHING),
            sum((actual for _, actual in found.values()), NOTHING),
            found,
        )
        for unit, found in families.items()
    }


def _explained(
    line: VarianceLine, options: VarianceOptions, rates: RateTable, totals: UnitTotals
) -> ExplainedLine:
    base_rate, actual_rate = rates.pair(line.currency)
    base, actual = _value(line.base, options), _value(line.actual, options)
    local = {
        "currency": actual * (actual_rate - base_rate) / base_rate,
        **_sold_effects(line, options, totals),
        "returns": _part(line.actual.returned, options) - _part(line.base.returned, options),
        "adjustments": _part(line.actual.adjusted, options) - _part(line.base.adjusted, options),
    }
    exact = {code: minor(value * base_rate, options.currency) for code, value in local.items()}
    base_minor = whole(minor(base * base_rate, options.currency))
    actual_minor = whole(minor(actual * actual_rate, options.currency))
    wholes = whole_parts(list(exact.values()), actual_minor - base_minor)
    return ExplainedLine(line, base_minor, actual_minor, dict(zip(exact, wholes, strict=True)), exact)


def _sold_effects(line: VarianceLine, options: VarianceOptions, totals: UnitTotals) -> Effects:
    """At the base's rate, in local currency."""
    if is_continuing(line):
        return _continuing_effects(line, options, totals)
    if line.actual.sold.quantity > 0:
        return {"new": _part(line.actual.sold, options)}
    if line.base.sold.quantity > 0:
        return {"discontinued": -_part(line.base.sold, options)}
    return {}


def _continuing_effects(line: VarianceLine, options: VarianceOptions, totals: UnitTotals) -> Effects:
    base, actual = line.base.sold, line.actual.sold
    grown = actual.quantity - base.quantity
    by_price = actual.amount / actual.quantity - base.amount / base.quantity
    by_cost = NOTHING
    if options.measure is Measure.MARGIN:
        by_cost = base.cost / base.quantity - actual.cost / actual.quantity
    each = _part(base, options) / base.quantity
    counted = {
        PriceMethod.JOINT_IN_PRICE: actual.quantity,
        PriceMethod.THREE_WAY: base.quantity,
        PriceMethod.SYMMETRIC: (base.quantity + actual.quantity) * HALF,
    }[options.price_method]
    if options.price_method is PriceMethod.SYMMETRIC:
        each += (by_price + by_cost) * HALF
    effects = {"price": by_price * counted}
    if options.price_method is PriceMethod.THREE_WAY:
        effects["joint"] = (by_price + by_cost) * grown
    if options.measure is Measure.MARGIN:
        effects["cost"] = by_cost * counted
    return effects | _quantity_effects(line, options, totals, each)


def _quantity_effects(
    line: VarianceLine, options: VarianceOptions, totals: UnitTotals, each: Fraction
) -> Effects:
    """What would have come with the growth of all, and what the line grew beyond that; `each` is the price of one."""
    base, actual = line.base.sold.quantity, line.actual.sold.quantity
    as_all = base * totals.actual / totals.base
    volume = {"volume": (as_all - base) * each}
    if options.mix_by is None:
        return volume | {"mix": (actual - as_all) * each}
    family_base, family_actual = totals.by_family[family_of(line, options)]
    as_family = base * family_actual / family_base
    return volume | {"mix_between": (as_family - as_all) * each, "mix_within": (actual - as_family) * each}


def _value(side: SideSums, options: VarianceOptions) -> Fraction:
    return sum((_part(one, options) for one in (side.sold, side.returned, side.adjusted)), NOTHING)


def _part(sums: Sums, options: VarianceOptions) -> Fraction:
    """Revenue, or what is left of it after cost."""
    return sums.amount - (sums.cost if options.measure is Measure.MARGIN else NOTHING)
