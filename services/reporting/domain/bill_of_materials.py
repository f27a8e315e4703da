"""Rolled-up cost of what is made of parts: every part by its quantity in the whole, adding up to the cost to the paisa.

    cost(item) = own cost + Σ quantity (1 + scrap) cost(component)

Worked: a set of one engine at 300.00 and two mounts at 12.50 each with 4 % scrap, assembled for 20.00, costs
300.00 + 2 · 1.04 · 12.50 + 20.00 = 346.00.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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
from services.reporting.domain.errors import AnalysisInvalid, BillOfMaterialsCycle, CostUnknown
from services.reporting.domain.exact_parts import decimal_text, minor, money_text, whole, whole_parts

PARTS_DRAWN: Final = 12
NOTHING: Final = Fraction(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class BillOfMaterialsOptions:
    """`items` are what is costed: by default everything that goes into nothing else."""

    currency: str = "INR"
    items: tuple[str, ...] = ()
    rates: tuple[CostRate, ...] = ()


@dataclass(slots=True)
class Bill:
    """Who is made of what, and what each costs by itself."""

    components: dict[str, dict[str, Fraction]] = field(default_factory=lambda: defaultdict(dict))
    own_cost: dict[str, Fraction] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CostedItem:
    """An item and the parts of its cost in minor units, which add up to it; `quantities` are in one of the item."""

    item: str
    cost: Fraction
    cost_minor: int
    quantities: Mapping[str, Fraction]
    parts_minor: Mapping[str, int]


def bill_of_materials_analysis(rows: Sequence[SourceRow], options: BillOfMaterialsOptions) -> AnalysisResult:
    """BillOfMaterialsCycle names the items that contain each other, CostUnknown the part that has no cost."""
    bill = _bill(rows, options)
    order = _components_first(bill)
    _check_costs(bill, order)
    costs = _costs(bill, order)
    wanted = options.items or tuple(_tops(bill))
    unknown = sorted(set(wanted) - set(costs))
    if unknown:
        raise AnalysisInvalid(f"The rows say nothing of {', '.join(unknown)}")
    costed = [_costed(item, bill, order, costs, options.currency) for item in wanted]
    return AnalysisResult(
        figures=tuple(_figure(one, options.currency) for one in costed),
        checks=_checks(costed, options.currency),
        tables=(
            _parts_table(costed, bill, options.currency),
            _items_table(bill, order, costs, options.currency),
        ),
        charts=tuple(_chart(one, place, options.currency) for place, one in enumerate(costed[:3])),
    )


def _bill(rows: Sequence[SourceRow], options: BillOfMaterialsOptions) -> Bill:
    """A row tells a component of an item, or what the item costs by itself, or both."""
    reading = RowReading(rows)
    reading.need_columns("item")
    bill = Bill()
    for row in reading:
        item, component = row.text("item"), row.optional("component")
        if component:
            _add_component(row, bill.components[item], component)
        own = row.optional_number("unit_cost")
        if own is not None:
            own *= rate_of(row.optional("currency", options.currency), options.currency, options.rates)
            bill.own_cost[item] = bill.own_cost.get(item, NOTHING) + own
        elif not component:
            row.refuse("unit_cost", "expected a cost, or a component with its quantity")
    reading.refuse_problems()
    return bill


def _add_component(row: RowReader, components: dict[str, Fraction], component: str) -> None:
    quantity, scrap = row.number_in("quantity"), row.optional_number("scrap_percent") or NOTHING
    if quantity <= 0 or scrap < 0:
        row.refuse("quantity", "expected more than nothing, and scrap_percent not negative")
    components[component] = components.get(component, NOTHING) + quantity * (1 + scrap / 100)


def _components_first(bill: Bill) -> list[str]:
    """All items, each behind what it is made of; without recursion, because a bill may be deep."""
    order: list[str] = []
    state: dict[str, bool] = {}  # False while what it is made of is looked at, True when that is done
    for start in sorted({*bill.components, *bill.own_cost}):
        way: list[tuple[str, Iterator[str]]] = []
        _enter(start, bill, state, way)
        while way:
            item, rest = way[-1]
            component = next(rest, None)
            if component is None:
                way.pop()
                state[item] = True
                order.append(item)
            elif state.get(component) is False:
                names = [name for name, _ in way]
                circle = [*names[names.index(component) :], component]
                raise BillOfMaterialsCycle(f"Made of itself: {' → '.join(circle)}")
            else:
                _enter(component, bill, state, way)
    return order


def _enter(item: str, bill: Bill, state: dict[str, bool], way: list[tuple[str, Iterator[str]]]) -> None:
    if item not in state:
        state[item] = False
        way.append((item, iter(sorted(bill.components.get(item, ())))))


def _check_costs(bill: Bill, order: Sequence[str]) -> None:
    missing = [item for item in order if item not in bill.own_cost and not bill.components.get(item)]
    if missing:
        users = sorted(item for item, parts in bill.components.items() if missing[0] in parts)
        raise CostUnknown(
            f"No cost is told of {', '.join(missing)}; {missing[0]} goes into {', '.join(users) or 'nothing'}"
        )


def _costs(bill: Bill, order: Sequence[str]) -> dict[str, Fraction]:
    costs: dict[str, Fraction] = {}
    for item in order:
        parts = bill.components.get(item, {})
        costs[item] = bill.own_cost.get(item, NOTHING) + sum(
            (quantity * costs[component] for component, quantity in parts.items()), NOTHING
        )
    return costs


def _tops(bill: Bill) -> list[str]:
    used = {component for parts in bill.components.values() for component in parts}
    return sorted(item for item in bill.components if item not in used) or sorted(bill.own_cost)


def _costed(
    item: str, bill: Bill, order: Sequence[str], costs: Mapping[str, Fraction], currency: str
) -> CostedItem:
    """How much of everything is in one item: from the item down, each once, whatever ways lead to it."""
    quantities: dict[str, Fraction] = {item: Fraction(1)}
    for name in reversed(order):
        for component, quantity in bill.components.get(name, {}).items():
            if name in quantities:
                quantities[component] = quantities.get(component, NOTHING) + quantity * quantities[name]
    parts = {name: quantities[name] * bill.own_cost[name] for name in quantities if name in bill.own_cost}
    cost_minor = whole(minor(costs[item], currency))
    wholes = whole_parts([minor(part, currency) for part in parts.values()], cost_minor)
    return CostedItem(item, costs[item], cost_minor, quantities, dict(zip(parts, wholes, strict=True)))


def _figure(one: CostedItem, currency: str) -> Figure:
    return Figure(
        code=f"cost_{one.item}"[:80],
        title=f"Cost of {one.item}",
        value=money_text(one.cost_minor, currency),
        unit=currency,
        formula="own cost + Σ quantity (1 + scrap) cost of each component, all the way down",
    )


def _checks(costed: Sequence[CostedItem], currency: str) -> tuple[Check, ...]:
    left = sum(abs(one.cost_minor - sum(one.parts_minor.values())) for one in costed)
    return (Check("parts", "cost of each item − its parts", money_text(left, currency)),)


def _parts_table(costed: Sequence[CostedItem], bill: Bill, currency: str) -> ResultTable:
    columns = (
        *text_columns(("item", "part")),
        ResultColumn(code="quantity", title="Quantity in one item", kind=CellKind.DECIMAL),
        ResultColumn(code="unit_cost", title="Own cost of one", kind=CellKind.DECIMAL, unit=currency),
        ResultColumn(code="cost", title="Cost in the item", kind=CellKind.MONEY, unit=currency),
        ResultColumn(code="share_percent", title="Share", kind=CellKind.DECIMAL, unit="%"),
    )
    rows = tuple(
        (
            one.item, part, decimal_text(one.quantities[part]), decimal_text(bill.own_cost[part]),
            money_text(cost, currency), decimal_text(Fraction(100 * cost, one.cost_minor or 1), 2),
        )
        for one in costed
        for part, cost in sorted(one.parts_minor.items(), key=lambda pair: (-pair[1], pair[0]))
    )  # fmt: skip
    return ResultTable("parts", "What each item's cost is made of, the largest first", columns, rows)


def _items_table(
    bill: Bill, order: Sequence[str], costs: Mapping[str, Fraction], currency: str
) -> ResultTable:
    """Every item that is in the bill, exact: rolled-up costs of parts are not rounded before they go up."""
    columns = (
        *text_columns(("item",)),
        ResultColumn(code="own_cost", title="Own cost", kind=CellKind.DECIMAL, unit=currency),
        ResultColumn(
            code="components_cost", title="Cost of components", kind=CellKind.DECIMAL, unit=currency
        ),
        ResultColumn(
            code="cost",
            title="Cost",
            kind=CellKind.DECIMAL,
            unit=currency,
            formula="={own_cost}+{components_cost}",
        ),
    )
    own = {item: bill.own_cost.get(item, NOTHING) for item in order}
    rows = tuple(
        (item, decimal_text(own[item]), decimal_text(costs[item] - own[item]), decimal_text(costs[item]))
        for item in order
    )
    return ResultTable("items", "Rolled up: each item behind its components", columns, rows)


def _chart(one: CostedItem, place: int, currency: str) -> Chart:
    largest = sorted(one.parts_minor.items(), key=lambda pair: (-pair[1], pair[0]))
    points = [ChartPoint(part, money_text(cost, currency)) for part, cost in largest[:PARTS_DRAWN]]
    rest = sum(cost for _, cost in largest[PARTS_DRAWN:])
    if rest:
        points.append(ChartPoint("All others", money_text(rest, currency)))
    return Chart(f"parts_{place + 1}", f"Cost of {one.item} by part", ChartKind.BARS, currency, tuple(points))
