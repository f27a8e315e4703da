"""The rows of a variance analysis, gathered into one line per product (or whatever is its key), currency and unit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Final

from services.reporting.domain.analysis_rows import RowReader, RowReading, SourceRow
from services.reporting.domain.errors import AnalysisInvalid, CostUnknown, RateUnknown
from shared.errors import FieldProblem
from shared.money import currency_exponent

NOTHING: Final = Fraction(0)
OWN_COLUMNS: Final = frozenset(
    "side quantity unit currency price amount cost cost_amount".split()
)  # what a key or a level of the hierarchy cannot be


class Side(StrEnum):
    """Which state a row tells: what is compared with (plan, prior), or what came."""

    BASE = "base"
    ACTUAL = "actual"


class Measure(StrEnum):
    """What is explained."""

    REVENUE = "revenue"
    MARGIN = "margin"


class PriceMethod(StrEnum):
    """Where the joint effect of price and quantity goes: to price, to a line of its own, or half to each."""

    JOINT_IN_PRICE = "joint_in_price"
    THREE_WAY = "three_way"
    SYMMETRIC = "symmetric"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeRate:
    """What one unit of the currency is worth in the currency of the analysis, on each side."""

    currency: str
    base: str
    actual: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VarianceOptions:
    """What is compared and how. `mix_by` names a column by which the mix effect is told between and within."""

    currency: str = "INR"
    keys: tuple[str, ...] = ("product_code",)
    hierarchy: tuple[str, ...] = ()
    mix_by: str | None = None
    measure: Measure = Measure.REVENUE
    price_method: PriceMethod = PriceMethod.JOINT_IN_PRICE
    rates: tuple[ExchangeRate, ...] = ()


@dataclass(slots=True)
class Sums:
    """Quantity, net amount and cost of one side in local currency, not rounded."""

    quantity: Fraction = NOTHING
    amount: Fraction = NOTHING
    cost: Fraction = NOTHING

    def add(self, quantity: Fraction, amount: Fraction, cost: Fraction) -> None:
        """Count a row in."""
        self.quantity += quantity
        self.amount += amount
        self.cost += cost


@dataclass(slots=True)
class SideSums:
    """One side of a line: what was sold, what came back, and what has an amount and no quantity."""

    sold: Sums = field(default_factory=Sums)
    returned: Sums = field(default_factory=Sums)
    adjusted: Sums = field(default_factory=Sums)

    def of_row(self, quantity: Fraction) -> Sums:
        """Where a row counts, by its quantity."""
        if quantity > 0:
            return self.sold
        return self.returned if quantity < 0 else self.adjusted


@dataclass(frozen=True, slots=True)
class VarianceLine:
    """One key under its hierarchy, in one currency and unit, on both sides."""

    path: tuple[str, ...]
    key: tuple[str, ...]
    currency: str
    unit: str
    base: SideSums
    actual: SideSums


@dataclass(frozen=True, slots=True)
class RateTable:
    """Exchange rates by currency and side; the analysis' own currency is one."""

    currency: str
    by_currency: Mapping[str, tuple[Fraction, Fraction]]

    def pair(self, currency: str) -> tuple[Fraction, Fraction]:
        """Base and actual. RateUnknown names the currency."""
        if currency == self.currency:
            return Fraction(1), Fraction(1)
        if currency not in self.by_currency:
            raise RateUnknown(
                f"Rows are in {currency}, and no rate says what it is worth in {self.currency}",
                currency=currency,
            )
        return self.by_currency[currency]


def rate_table(options: VarianceOptions) -> RateTable:
    """The rates of the options. AnalysisInvalid for one that is not positive."""
    found: dict[str, tuple[Fraction, Fraction]] = {}
    for number, rate in enumerate(options.rates):
        pair = Fraction(rate.base), Fraction(rate.actual)
        if min(pair) <= 0 or rate.currency in found:
            raise AnalysisInvalid(
                f"The rate of {rate.currency} is not positive, or told twice",
                problems=[
                    FieldProblem(f"/rates/{number}", "expected one positive rate per currency and side")
                ],
            )
        found[rate.currency] = pair
    return RateTable(options.currency, found)


def variance_lines(rows: Sequence[SourceRow], options: VarianceOptions) -> list[VarianceLine]:
    """One line per hierarchy, key, currency and unit, in that order. AnalysisInvalid names rows that cannot be taken."""
    _check_columns(options)
    reading = RowReading(rows)
    reading.need_columns("side", "quantity", *options.keys, *options.hierarchy)
    lines: dict[tuple[tuple[str, ...], ...], VarianceLine] = {}
    for row in reading:
        path = tuple(row.text(column) for column in options.hierarchy)
        key = tuple(row.text(column) for column in options.keys)
        currency, unit = row.optional("currency", options.currency).upper(), row.optional("unit")
        currency_exponent(currency)
        name = path, key, (currency, unit)
        line = lines.get(name)
        if line is None:
            line = lines[name] = VarianceLine(path, key, currency, unit, SideSums(), SideSums())
        is_actual = row.chosen("side", [side.value for side in Side]) == Side.ACTUAL
        _add_row(row, line.actual if is_actual else line.base, options.measure)
    reading.refuse_problems()
    return [lines[name] for name in sorted(lines)]


def _check_columns(options: VarianceOptions) -> None:
    named = [*options.keys, *options.hierarchy]
    wrong = sorted({name for name in named if name in OWN_COLUMNS or named.count(name) > 1})
    if wrong or not options.keys:
        raise AnalysisInvalid(
            "Keys and hierarchy name each column once, and none of "
            f"{', '.join(sorted(OWN_COLUMNS))}; wrong are: {', '.join(wrong) or 'no keys at all'}"
        )
    if options.mix_by is not None and options.mix_by not in named:
        raise AnalysisInvalid(f"mix_by names {options.mix_by}, which is neither a key nor in the hierarchy")


def _add_row(row: RowReader, side: SideSums, measure: Measure) -> None:
    quantity = row.number_in("quantity")
    amount = _total(row, quantity, "price", "amount")
    if amount is None and not (row.optional("price") or row.optional("amount")):
        row.refuse("price", "expected a price of one, or the net amount of the row in the column amount")
    cost = _total(row, quantity, "cost", "cost_amount")
    if cost is None and measure is Measure.MARGIN:
        name = row.optional("product_code", f"row {row.number}")
        raise CostUnknown(
            f"{name} has no cost in row {row.number}; expected cost of one, or cost_amount of the row",
            row=row.number,
        )
    side.of_row(quantity).add(quantity, amount or NOTHING, cost or NOTHING)


def _total(row: RowReader, quantity: Fraction, of_one: str, of_all: str) -> Fraction | None:
    """The row's amount: told whole, or by what one costs."""
    total = row.optional_number(of_all)
    if total is not None:
        return total
    each = row.optional_number(of_one)
    return None if each is None else each * quantity
