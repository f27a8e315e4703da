"""Says in one sentence what an analysis found, and how a figure reads."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Final

from services.reporting.domain.analysis import AnalysisKind, AnalysisResult, Figure
from shared.documents.amounts import grouped

NOT_DEFINED: Final = "–"
Named = Mapping[str, Figure]


def headline(kind: AnalysisKind, result: AnalysisResult) -> str:
    """E.g. "Revenue went from 230.00 INR to 268.00 INR, up 38.00 INR (16.52 %)", and by what most."""
    return _SENTENCES[kind](result.figures, {one.code: one for one in result.figures})


def figure_line(figure: Figure) -> str:
    """E.g. "Revenue, base: 230.00 INR"."""
    return f"{figure.title}: {shown(figure.value, figure.unit)}"


def moved_line(row: Sequence[str | None]) -> str:
    """Of a figure's title, unit, value before, after, and difference: "Revenue: 230.00 → 50.00 INR (-180.00)"."""
    title, unit, before, after, difference = row
    by = f" ({signed(difference, unit)})" if difference is not None else ""
    return f"{title}: {shown(before, unit, is_bare=True)} → {shown(after, unit)}{by}"


def shown(value: str | None, unit: str | None, *, is_bare: bool = False) -> str:
    """Grouped as its unit is: by lakh and crore but for currencies of others."""
    if value is None:
        return NOT_DEFINED
    figure = grouped(value, unit if unit and _is_currency(unit) else "INR")
    return figure if is_bare or not unit else f"{figure} {unit}"


def signed(value: str, unit: str | None) -> str:
    """Without its unit, and with a plus."""
    sign = "+" if Decimal(value) > 0 else ""
    return sign + shown(value, unit, is_bare=True)


def _variance(figures: Sequence[Figure], named: Named) -> str:
    base, actual, change = named["base"], named["actual"], named["change"]
    what = base.title.partition(",")[0]
    moved = Decimal(change.value or 0)
    if moved == 0:
        return f"{what} is {_told(actual)}, as in the base"
    way = "up" if moved > 0 else "down"
    percent = named["change_percent"].value
    share = f" ({percent.lstrip('-')} %)" if percent is not None else ""
    by = shown((change.value or "").lstrip("-"), change.unit)
    return f"{what} went from {_told(base)} to {_told(actual)}, {way} {by}{share}{_greatest(figures)}"


def _greatest(figures: Sequence[Figure]) -> str:
    """The effect that moved most, if any did; effects stand between the base and what it came to."""
    codes = [one.code for one in figures]
    effects = [one for one in figures[codes.index("base") + 1 : codes.index("actual")] if one.value]
    most = max(effects, key=lambda one: abs(Decimal(one.value or 0)), default=None)
    if most is None or not most.value or Decimal(most.value) == 0:
        return ""
    return (
        f"; the greatest effect is that of {most.title.lower()}, {signed(most.value, most.unit)} {most.unit}"
    )


def _bill_of_materials(figures: Sequence[Figure], named: Named) -> str:
    first = figures[0]
    if len(figures) == 1:
        return f"{first.title} is {_told(first)}"
    dearest = max(figures, key=lambda one: Decimal(one.value or 0))
    item = dearest.title.removeprefix("Cost of ")
    return f"{len(figures)} items are costed; the dearest is {item} at {_told(dearest)}"


def _landed_cost(_figures: Sequence[Figure], named: Named) -> str:
    goods, landed = named["goods"], named["landed"]
    on_top = Decimal(landed.value or 0) - Decimal(goods.value or 0)
    more = f"{shown(str(on_top), goods.unit)} on top of goods of {_told(goods)}"
    return f"Landed cost is {_told(landed)}: {more}"


def _margin_waterfall(_figures: Sequence[Figure], named: Named) -> str:
    stages = [
        f"{name} is {_told(named[name])} ({_told(named[f'{name}_percent'])} of list)"
        for name in ("pocket", "margin", "contribution")
        if name in named
    ]
    return f"Of list prices of {_told(named['list'])}, {', '.join(stages)}"


def _projection(_figures: Sequence[Figure], named: Named) -> str:
    total = named["total"]
    return f"{total.title} comes to {_told(total)}"


def _bundling(_figures: Sequence[Figure], named: Named) -> str:
    orders, found, bundles = named["orders"], named["significant"], named["bundles"]
    tested = shown(named["tested"].value, None)
    return (
        f"Of {tested} rules over {_told(orders)}, {shown(found.value, None)} are beyond chance;"
        f" bundles priced: {shown(bundles.value, None)}"
    )


def _told(figure: Figure) -> str:
    return shown(figure.value, figure.unit)


def _is_currency(unit: str) -> bool:
    return len(unit) == 3 and unit.isalpha() and unit.isupper()


_SENTENCES: Final[Mapping[AnalysisKind, Callable[[Sequence[Figure], Named], str]]] = {
    AnalysisKind.VARIANCE: _variance,
    AnalysisKind.BILL_OF_MATERIALS: _bill_of_materials,
    AnalysisKind.LANDED_COST: _landed_cost,
    AnalysisKind.MARGIN_WATERFALL: _margin_waterfall,
    AnalysisKind.PROJECTION: _projection,
    AnalysisKind.BUNDLING: _bundling,
}
