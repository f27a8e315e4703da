"""A variance as figures, checks, tables and a waterfall."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from services.reporting.domain.analysis import (
    AnalysisResult,
    Cell,
    CellKind,
    Chart,
    ChartKind,
    ChartPoint,
    Check,
    Figure,
    ResultColumn,
    ResultTable,
    text_columns,
    titled,
)
from services.reporting.domain.analysis_rows import SourceRow
from services.reporting.domain.exact_parts import decimal_text, money_text
from services.reporting.domain.variance import ExplainedLine, Variance, is_continuing, variance
from services.reporting.domain.variance_rows import Measure, PriceMethod, VarianceOptions, variance_lines

_EACH: Final = {Measure.REVENUE: "p", Measure.MARGIN: "m"}
_TITLES: Final = {
    "currency": "Currency",
    "price": "Price",
    "joint": "Price and quantity jointly",
    "cost": "Cost",
    "volume": "Volume",
    "mix": "Mix",
    "mix_between": "Mix between families",
    "mix_within": "Mix within families",
    "new": "New",
    "discontinued": "Discontinued",
    "returns": "Returns",
    "adjustments": "Adjustments without quantity",
}
_COUNTED: Final = {
    PriceMethod.JOINT_IN_PRICE: "q1",
    PriceMethod.THREE_WAY: "q0",
    PriceMethod.SYMMETRIC: "(q0 + q1)/2",
}


def variance_analysis(rows: Sequence[SourceRow], options: VarianceOptions) -> AnalysisResult:
    """The analysis of rows as they came. AnalysisInvalid, RateUnknown and CostUnknown name what is wrong with them."""
    found = variance(variance_lines(rows, options), options)
    return AnalysisResult(
        figures=_figures(found, options),
        checks=_checks(found, options),
        tables=(_levels(found, options), _units(found, options), _lines(found, options)),
        charts=(_waterfall(found, options),),
        notes=_notes(found),
    )


def effect_formulas(options: VarianceOptions) -> dict[str, str]:
    """How each effect of a line is calculated; m is price less cost."""
    each, counted = _EACH[options.measure], _COUNTED[options.price_method]
    mean = f"({each}0 + {each}1)/2" if options.price_method is PriceMethod.SYMMETRIC else f"{each}0"
    return {
        "currency": f"Σ q1 {each}1 (e1 − e0) of everything that came",
        "price": f"Σ (p1 − p0) {counted} e0 of lines on both sides",
        "joint": f"Σ ({each}1 − {each}0)(q1 − q0) e0",
        "cost": f"− Σ (c1 − c0) {counted} e0",
        "volume": f"Σ (Q1 − Q0)(q0/Q0) {mean} e0, Q over the lines of a unit that are on both sides",
        "mix": f"Σ (q1 − Q1 q0/Q0) {mean} e0",
        "mix_between": f"Σ (Qf1 q0/Qf0 − Q1 q0/Q0) {mean} e0, Qf over the line's {options.mix_by}",
        "mix_within": f"Σ (q1 − Qf1 q0/Qf0) {mean} e0, Qf over the line's {options.mix_by}",
        "new": f"Σ q1 {each}1 e0 of lines that are not in the base",
        "discontinued": f"− Σ q0 {each}0 e0 of lines that are no longer sold",
        "returns": "actual − base of rows with a negative quantity, at e0",
        "adjustments": "actual − base of rows with no quantity, at e0",
    }


def _figures(found: Variance, options: VarianceOptions) -> tuple[Figure, ...]:
    change, name = found.actual_minor - found.base_minor, options.measure.value
    formulas = effect_formulas(options)
    share = None if found.base_minor == 0 else decimal_text(Fraction(change * 100, found.base_minor), 2)
    return (
        _money(
            "base", f"{titled(name)}, base", found.base_minor, f"Σ q0 {_EACH[options.measure]}0 e0", options
        ),
        *(
            _money(code, _TITLES[code], found.total_minor(code), formulas[code], options)
            for code in found.codes
        ),
        _money(
            "actual",
            f"{titled(name)}, actual",
            found.actual_minor,
            f"Σ q1 {_EACH[options.measure]}1 e1",
            options,
        ),
        _money("change", "Change", change, "actual − base", options),
        Figure(
            code="change_percent", title="Change in percent", value=share, unit="%", formula="change / base"
        ),
    )


def _money(code: str, title: str, amount_minor: int, formula: str, options: VarianceOptions) -> Figure:
    value = money_text(amount_minor, options.currency)
    return Figure(code=code, title=title, value=value, unit=options.currency, formula=formula)


def _checks(found: Variance, options: VarianceOptions) -> tuple[Check, ...]:
    effects = sum(found.total_minor(code) for code in found.codes)
    residual = found.actual_minor - found.base_minor - effects
    wrong = sum(
        abs(one.actual_minor - one.base_minor - sum(one.effects_minor.values())) for one in found.lines
    )
    return (
        Check("residual", "change − sum of all effects", money_text(residual, options.currency)),
        Check("lines", "the same, line by line, added up without signs", money_text(wrong, options.currency)),
    )


def _levels(found: Variance, options: VarianceOptions) -> ResultTable:
    """All, then each level of the hierarchy: a level is the sum of what is below it."""
    groups: dict[tuple[str, ...], list[ExplainedLine]] = {}
    for one in found.lines:
        for depth in range(len(options.hierarchy) + 1):
            groups.setdefault(one.line.path[:depth], []).append(one)
    rows = tuple(
        (
            str(len(path)),
            *path,
            *[None] * (len(options.hierarchy) - len(path)),
            *_sums(groups[path], found, options),
        )
        for path in sorted(groups)
    )
    columns = (
        ResultColumn(code="level", title="Level", kind=CellKind.INTEGER),
        *text_columns(options.hierarchy),
        *_effect_columns(found, options, is_summed=False),
    )
    return ResultTable("levels", "By hierarchy; level 0 is everything", columns, rows)


def _sums(lines: Sequence[ExplainedLine], found: Variance, options: VarianceOptions) -> list[Cell]:
    base, actual = sum(one.base_minor for one in lines), sum(one.actual_minor for one in lines)
    effects = [sum(one.effects_minor.get(code, 0) for one in lines) for code in found.codes]
    values = [base, actual, actual - base, *effects, actual - base - sum(effects)]
    return [money_text(value, options.currency) for value in values]


def _effect_columns(
    found: Variance, options: VarianceOptions, *, is_summed: bool
) -> tuple[ResultColumn, ...]:
    effects = "+".join(f"{{{code}}}" for code in found.codes)
    formulas = {"change": "={actual}-{base}", "residual": f"=ROUND({{change}}-({effects}),4)"}
    titles = {"base": "Base", "actual": "Actual", "change": "Change", "residual": "Residual"} | _TITLES
    return tuple(
        ResultColumn(
            code=code,
            title=titles[code],
            kind=CellKind.MONEY,
            unit=options.currency,
            formula=formulas.get(code, ""),
            is_summed=is_summed,
        )
        for code in ("base", "actual", "change", *found.codes, "residual")
    )


def _units(found: Variance, options: VarianceOptions) -> ResultTable:
    """What volume and mix were measured with: quantities of different units are never added."""
    rows = []
    for unit, totals in sorted(found.units.items()):
        lines = [one for one in found.lines if one.line.unit == unit]
        mix = [code for code in found.codes if code.startswith("mix")]
        amounts = [
            sum(one.effects_minor.get(code, 0) for one in lines for code in codes)
            for codes in (["volume"], mix)
        ]
        quantities = decimal_text(totals.base), decimal_text(totals.actual)
        rows.append((unit or None, *quantities, *(money_text(one, options.currency) for one in amounts)))
    columns = (
        ResultColumn(code="unit", title="Unit"),
        ResultColumn(code="base_quantity", title="Q0", kind=CellKind.DECIMAL),
        ResultColumn(code="actual_quantity", title="Q1", kind=CellKind.DECIMAL),
        ResultColumn(
            code="volume", title="Volume", kind=CellKind.MONEY, unit=options.currency, is_summed=True
        ),
        ResultColumn(code="mix", title="Mix", kind=CellKind.MONEY, unit=options.currency, is_summed=True),
    )
    return ResultTable("units", "Volume and mix by unit, of lines on both sides", columns, tuple(rows))


def _lines(found: Variance, options: VarianceOptions) -> ResultTable:
    """The inputs of each line beside its effects; prices are of what was sold, in local currency."""
    columns = (
        *text_columns((*options.hierarchy, *options.keys, "currency_code", "unit")),
        *(
            ResultColumn(code=code, title=titled(code), kind=CellKind.DECIMAL)
            for code in ("base_quantity", "actual_quantity", "base_each", "actual_each")
        ),
        *_effect_columns(found, options, is_summed=True),
    )
    rows = tuple(
        (
            *one.line.path, *one.line.key, one.line.currency, one.line.unit or None,
            decimal_text(one.line.base.sold.quantity), decimal_text(one.line.actual.sold.quantity),
            _each(one, options, is_actual=False), _each(one, options, is_actual=True),
            *_sums([one], found, options),
        )
        for one in found.lines
    )  # fmt: skip
    return ResultTable("lines", "Each line with what it was calculated from", columns, rows)


def _each(one: ExplainedLine, options: VarianceOptions, *, is_actual: bool) -> Cell:
    sold = one.line.actual.sold if is_actual else one.line.base.sold
    if sold.quantity == 0:
        return None
    cost = sold.cost if options.measure is Measure.MARGIN else 0
    return decimal_text((sold.amount - cost) / sold.quantity)


def _waterfall(found: Variance, options: VarianceOptions) -> Chart:
    steps = [(_TITLES[code], found.total_minor(code)) for code in found.codes]
    points = (
        ChartPoint("Base", money_text(found.base_minor, options.currency), is_total=True),
        *(ChartPoint(title, money_text(value, options.currency)) for title, value in steps if value != 0),
        ChartPoint("Actual", money_text(found.actual_minor, options.currency), is_total=True),
    )
    title = f"From base to actual: {options.measure.value}"
    return Chart("waterfall", title, ChartKind.WATERFALL, options.currency, points)


def _notes(found: Variance) -> tuple[str, ...]:
    lines = [one.line for one in found.lines]
    both = sum(is_continuing(line) for line in lines)
    new, gone = (sum(code in one.exact for one in found.lines) for code in ("new", "discontinued"))
    notes = [f"Lines on both sides: {both}; new: {new}; discontinued: {gone}."]
    units = sorted(unit or "no unit" for unit in found.units)
    if len(units) > 1:
        notes.append(
            f"Quantities are in {', '.join(units)}: volume and mix are measured within each of them."
        )
    notes += [
        f"{_TITLES[code]} is {decimal_text(found.rounding(code), 4)} minor units from its exact value, "
        "because each line is told in whole ones."
        for code in found.codes
        if found.rounding(code)
    ]
    return tuple(notes)
