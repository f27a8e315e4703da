"""Landed cost: what goods cost once they are here, with freight, insurance, duty and all other charges on their lines.

    landed = (price − discount) e + charges + duty
    duty   = rate × customs value; CIF: goods with freight and insurance, FOB: goods alone
             (CIF in India: Customs Valuation Rules 2007, rule 10(2))

A charge for all lines is shared by value, weight, volume or quantity, to the paisa, by largest remainder. Worked: goods
of 800.00 and 200.00, freight 100.00 by value, duty 7.5 % on CIF: 80.00 and 20.00 of freight, 66.00 and 16.50 of duty.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

from services.reporting.domain.analysis import (
    AnalysisResult,
    CellKind,
    Chart,
    ChartKind,
    ChartPoint,
    Check,
    Figure,
    ResultColumn,
    ResultTable,
    text_columns,
)
from services.reporting.domain.analysis_rows import RowReader, RowReading, SourceRow
from services.reporting.domain.costing_rates import CostRate, rate_of
from services.reporting.domain.errors import AnalysisInvalid, CostUnknown
from services.reporting.domain.exact_parts import decimal_text, minor, money_text, whole, whole_parts

NOTHING: Final = Fraction(0)


class ChargeKind(StrEnum):
    """What a charge is for; freight and insurance are part of a CIF value."""

    FREIGHT = "freight"
    INSURANCE = "insurance"
    BROKERAGE = "brokerage"
    HANDLING = "handling"
    OTHER = "other"


class SharedBy(StrEnum):
    """By what a charge is laid on lines."""

    VALUE = "value"
    WEIGHT = "weight"
    VOLUME = "volume"
    QUANTITY = "quantity"


class DutyBasis(StrEnum):
    """What duty is a part of."""

    CIF = "cif"
    FOB = "fob"


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """A charge for the whole shipment."""

    name: str
    kind: ChargeKind
    amount: str
    shared_by: SharedBy
    currency: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LandedCostOptions:
    """Charges, and on what duty is paid; `duty_percent` is for lines that say none."""

    currency: str = "INR"
    charges: tuple[Charge, ...] = ()
    duty_basis: DutyBasis = DutyBasis.CIF
    duty_percent: str = "0"
    rates: tuple[CostRate, ...] = ()


@dataclass(frozen=True, slots=True)
class ShipmentLine:
    """A line of a shipment; goods in minor units of the analysis' currency."""

    item: str
    quantity: Fraction
    weight: Fraction | None
    volume: Fraction | None
    duty_rate: Fraction
    goods_minor: int

    def measure(self, shared_by: SharedBy) -> Fraction | None:
        """How much of a charge it takes; None where the rows do not say."""
        return {
            SharedBy.VALUE: Fraction(self.goods_minor),
            SharedBy.WEIGHT: self.weight,
            SharedBy.VOLUME: self.volume,
            SharedBy.QUANTITY: self.quantity,
        }[shared_by]


@dataclass(frozen=True, slots=True)
class Landed:
    """All in minor units: the charges of each line in the order of the options, and its duty."""

    lines: Sequence[ShipmentLine]
    charge_totals: Sequence[int]
    charges: Sequence[Sequence[int]]
    duties: Sequence[int]

    def cost(self, place: int) -> int:
        """Of one line."""
        shared = sum(of_lines[place] for of_lines in self.charges)
        return self.lines[place].goods_minor + shared + self.duties[place]


def landed_cost_analysis(rows: Sequence[SourceRow], options: LandedCostOptions) -> AnalysisResult:
    """AnalysisInvalid for a charge that lines cannot share, CostUnknown for a line without a price."""
    lines = _lines(rows, options)
    totals = [_charge_minor(charge, options) for charge in options.charges]
    charges = [_shared(charge, total, lines) for charge, total in zip(options.charges, totals, strict=True)]
    duties = [_duty(place, line, charges, options) for place, line in enumerate(lines)]
    found = Landed(lines, totals, charges, duties)
    return AnalysisResult(
        figures=_figures(found, options),
        checks=_checks(found, options),
        tables=(_table(found, options),),
        charts=(_chart(found, options),),
    )


def _lines(rows: Sequence[SourceRow], options: LandedCostOptions) -> list[ShipmentLine]:
    reading = RowReading(rows)
    reading.need_columns("item", "quantity")
    lines = [_line(row, options) for row in reading]
    reading.refuse_problems()
    return lines


def _line(row: RowReader, options: LandedCostOptions) -> ShipmentLine:
    item, quantity = row.text("item"), row.number_in("quantity")
    price, discount = row.optional_number("price"), row.optional_number("discount") or NOTHING
    if price is None:
        raise CostUnknown(f"{item} has no price in row {row.number}", row=row.number)
    percent = row.optional_number("duty_percent")
    if percent is None:
        percent = Fraction(options.duty_percent)
    if quantity <= 0 or percent < 0:
        row.refuse("quantity", "expected more than nothing, and duty_percent not negative")
    rate = rate_of(row.optional("currency", options.currency), options.currency, options.rates)
    goods = whole(minor((price - discount) * quantity * rate, options.currency))
    weight, volume = row.optional_number("weight"), row.optional_number("volume")
    return ShipmentLine(item, quantity, weight, volume, percent / 100, goods)


def _charge_minor(charge: Charge, options: LandedCostOptions) -> int:
    rate = rate_of(charge.currency or options.currency, options.currency, options.rates)
    return whole(minor(Fraction(charge.amount) * rate, options.currency))


def _shared(charge: Charge, total_minor: int, lines: Sequence[ShipmentLine]) -> list[int]:
    measures = [line.measure(charge.shared_by) for line in lines]
    missing = [
        line.item for line, measure in zip(lines, measures, strict=True) if measure is None or measure < 0
    ]
    known = [measure or NOTHING for measure in measures]
    if missing or sum(known) <= 0:
        raise AnalysisInvalid(
            f"{charge.name} is shared by {charge.shared_by}, which is not known of "
            f"{', '.join(missing[:5]) or 'any line'}"
        )
    return whole_parts([total_minor * one / sum(known) for one in known], total_minor)


def _duty(
    place: int, line: ShipmentLine, charges: Sequence[Sequence[int]], options: LandedCostOptions
) -> int:
    value = line.goods_minor
    if options.duty_basis is DutyBasis.CIF:
        in_cif = (ChargeKind.FREIGHT, ChargeKind.INSURANCE)
        value += sum(
            shared[place]
            for charge, shared in zip(options.charges, charges, strict=True)
            if charge.kind in in_cif
        )
    return whole(value * line.duty_rate)


def _figures(found: Landed, options: LandedCostOptions) -> tuple[Figure, ...]:
    goods = sum(line.goods_minor for line in found.lines)
    named = [
        ("goods", "Goods", goods, "Σ quantity (price − discount) rate"),
        *(
            (f"charge_{number}", charge.name, total, f"{charge.kind}, shared by {charge.shared_by}")
            for number, (charge, total) in enumerate(
                zip(options.charges, found.charge_totals, strict=True), 1
            )
        ),
        (
            "duty",
            "Duty",
            sum(found.duties),
            f"Σ duty rate × customs value ({options.duty_basis.upper()}) of each line",
        ),
        ("landed", "Landed cost", sum(map(found.cost, range(len(found.lines)))), "goods + charges + duty"),
    ]
    return tuple(
        Figure(
            code=code,
            title=title,
            value=money_text(value, options.currency),
            unit=options.currency,
            formula=how,
        )
        for code, title, value, how in named
    )


def _checks(found: Landed, options: LandedCostOptions) -> tuple[Check, ...]:
    unshared = sum(
        abs(total - sum(shared)) for total, shared in zip(found.charge_totals, found.charges, strict=True)
    )
    parts = sum(line.goods_minor for line in found.lines) + sum(found.charge_totals) + sum(found.duties)
    left = sum(map(found.cost, range(len(found.lines)))) - parts
    return (
        Check("charges", "each charge − what lines have of it", money_text(unshared, options.currency)),
        Check(
            "landed", "landed cost of all lines − goods, charges and duty", money_text(left, options.currency)
        ),
    )


def _table(found: Landed, options: LandedCostOptions) -> ResultTable:
    codes = ("goods", *(f"charge_{number}" for number in range(1, len(options.charges) + 1)), "duty")
    titles = ("Goods", *(charge.name for charge in options.charges), "Duty")
    total = "+".join(f"{{{code}}}" for code in codes)
    columns = (
        *text_columns(("item",)),
        ResultColumn(code="quantity", title="Quantity", kind=CellKind.DECIMAL),
        *(
            ResultColumn(code=code, title=title, kind=CellKind.MONEY, unit=options.currency, is_summed=True)
            for code, title in zip(codes, titles, strict=True)
        ),
        ResultColumn(
            code="landed", title="Landed cost", kind=CellKind.MONEY, unit=options.currency, is_summed=True,
            formula=f"={total}",
        ),
        ResultColumn(code="each", title="Of one", kind=CellKind.DECIMAL, unit=options.currency,
                     formula="={landed}/{quantity}"),
    )  # fmt: skip
    rows = tuple(
        (
            line.item,
            decimal_text(line.quantity),
            *(
                money_text(value, options.currency)
                for value in (
                    line.goods_minor, *(shared[place] for shared in found.charges), found.duties[place], found.cost(place)
                )
            ),
            decimal_text(found.cost(place) / (line.quantity * minor(Fraction(1), options.currency)), 4),
        )
        for place, line in enumerate(found.lines)
    )  # fmt: skip
    return ResultTable("lines", "Each line with its part of every charge", columns, rows)


def _chart(found: Landed, options: LandedCostOptions) -> Chart:
    figures = _figures(found, options)
    points = tuple(
        ChartPoint(one.title, one.value or "0", is_total=one.code in ("goods", "landed")) for one in figures
    )
    return Chart("landed", "From goods to landed cost", ChartKind.WATERFALL, options.currency, points)
