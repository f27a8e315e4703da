"""Sets, rules and bundles as figures, checks, tables and a chart."""

from collections.abc import Sequence
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
from services.reporting.domain.analysis_rows import SourceRow
from services.reporting.domain.bundle_price import Bundle, bundle_of, prices_of
from services.reporting.domain.bundling import (
    Baskets,
    BundlingOptions,
    Rule,
    baskets_of,
    frequent_sets,
    rules_of,
)
from services.reporting.domain.exact_parts import decimal_text, money_text

DRAWN: Final = 12
BUNDLES_MAX: Final = 200


def bundling_analysis(rows: Sequence[SourceRow], options: BundlingOptions) -> AnalysisResult:
    """AnalysisInvalid and CostUnknown name what is wrong with the rows."""
    baskets = baskets_of(rows)
    sets = frequent_sets(baskets, options.orders_min, options.size_max)
    rules = rules_of(baskets, sets, options)
    prices = prices_of(rows, options)
    shown = {tuple(sorted((*rule.given, rule.then))): None for rule in rules if rule.is_significant}
    priced = list(shown)[:BUNDLES_MAX] if prices is not None else []
    bundles = [bundle_of(items, baskets, prices or {}, options) for items in priced]
    tables = [_sets_table(sets, baskets), _rules_table(rules)]
    if prices is not None:
        tables += [_bundles_table(bundles, options), _parts_table(bundles, options)]
    return AnalysisResult(
        figures=_figures(baskets, rules, sets, bundles),
        checks=_checks(bundles, options),
        tables=tuple(tables),
        charts=(_chart(rules),),
        notes=_notes(rules, len(shown), options, is_priced=prices is not None),
    )


def _figures(
    baskets: Baskets, rules: Sequence[Rule], sets: dict[tuple[str, ...], int], bundles: Sequence[Bundle]
) -> tuple[Figure, ...]:
    named = (
        ("orders", "Orders", baskets.orders, "orders", "different order numbers"),
        ("items", "Items", len(baskets.held_by), "items", "different product codes"),
        ("sets", "Sets with enough orders", len(sets), "sets", "n ≥ orders_min, two items to size_max"),
        ("tested", "Rules tested", len(rules), "rules", "confidence ≥ confidence_min_percent"),
        (
            "significant", "Rules beyond chance", sum(one.is_significant for one in rules), "rules",
            "Fisher's exact test, one-sided, with Benjamini and Hochberg's limit",
        ),
        ("bundles", "Bundles priced", len(bundles), "bundles", "sets of rules beyond chance"),
    )  # fmt: skip
    return tuple(
        Figure(code=code, title=title, value=str(value), unit=unit, formula=formula)
        for code, title, value, unit, formula in named
    )


def _checks(bundles: Sequence[Bundle], options: BundlingOptions) -> tuple[Check, ...]:
    left = sum(abs(one.price_minor - sum(one.parts_minor)) for one in bundles if one.prices_minor)
    return (Check("shares", "price of each bundle − its items' shares", money_text(left, options.currency)),)


def _sets_table(sets: dict[tuple[str, ...], int], baskets: Baskets) -> ResultTable:
    columns = (
        *text_columns(("items",)),
        ResultColumn(code="size", title="Size", kind=CellKind.INTEGER),
        ResultColumn(code="orders", title="Orders", kind=CellKind.INTEGER),
        ResultColumn(code="support_percent", title="Support", kind=CellKind.DECIMAL, unit="%"),
    )
    most = sorted(sets.items(), key=lambda pair: (-pair[1], pair[0]))
    rows = tuple(
        (_named(items), str(len(items)), str(count), decimal_text(Fraction(100 * count, baskets.orders), 3))
        for items, count in most
    )
    return ResultTable("sets", "Items that enough orders hold together, the most orders first", columns, rows)


def _rules_table(rules: Sequence[Rule]) -> ResultTable:
    columns = (
        *text_columns(("given", "then")),
        *(
            ResultColumn(code=code, title=title, kind=CellKind.INTEGER)
            for code, title in (("both", "Orders with all"), ("given_count", "With given"), ("then_count", "With then"))
        ),
        *(
            ResultColumn(code=code, title=title, kind=CellKind.DECIMAL, unit=unit)
            for code, title, unit in (
                ("support_percent", "Support", "%"), ("confidence_percent", "Confidence", "%"), ("lift", "Lift", ""),
                ("leverage", "Leverage", ""),
            )
        ),
        *text_columns(("chance", "verdict")),
    )  # fmt: skip
    rows = tuple(
        (
            _named(one.given), one.then, str(one.both), str(one.given_count), str(one.then_count),
            decimal_text(Fraction(100 * one.both, one.orders), 3), decimal_text(100 * one.confidence, 3),
            decimal_text(one.lift, 4), decimal_text(one.leverage), f"{one.chance:.3g}",
            "beyond chance" if one.is_significant else "may be chance",
        )
        for one in rules
    )  # fmt: skip
    return ResultTable("rules", "Who buys these also buys that, those beyond chance first", columns, rows)


def _bundles_table(bundles: Sequence[Bundle], options: BundlingOptions) -> ResultTable:
    money = ("prices", "costs", "price", "given_away", "won", "profit")
    titles = ("Prices alone", "Costs", "Bundle price", "Given away", "Won", "Profit more")
    columns = (
        *text_columns(("items",)),
        ResultColumn(code="together", title="Orders with all", kind=CellKind.INTEGER),
        ResultColumn(code="partly", title="Orders with a part", kind=CellKind.INTEGER),
        *(
            ResultColumn(
                code=code, title=title, kind=CellKind.MONEY, unit=options.currency,
                formula="={won}-{given_away}" if code == "profit" else "",
            )
            for code, title in zip(money, titles, strict=True)
        ),
        ResultColumn(code="break_even_percent", title="Attach share that loses nothing", kind=CellKind.DECIMAL, unit="%"),
        *text_columns(("price_rule",)),
    )  # fmt: skip
    rows = tuple(
        (
            _named(one.items), str(one.together), str(one.partly),
            *(
                money_text(value, options.currency)
                for value in (
                    one.prices_minor, one.costs_minor, one.price_minor, one.given_away_minor, one.won_minor, one.profit_minor
                )
            ),
            None if one.break_even is None else decimal_text(100 * one.break_even, 2),
            "margin floor" if one.is_at_floor else "discount",
        )
        for one in sorted(bundles, key=lambda one: (-one.profit_minor, one.items))
    )  # fmt: skip
    return ResultTable(
        "bundles", "Bundles of sets beyond chance: price, and what they do to profit", columns, rows
    )


def _parts_table(bundles: Sequence[Bundle], options: BundlingOptions) -> ResultTable:
    columns = (
        *text_columns(("items", "item")),
        ResultColumn(code="share", title="Of the bundle price", kind=CellKind.MONEY, unit=options.currency),
    )
    rows = tuple(
        (_named(one.items), item, money_text(share, options.currency))
        for one in bundles
        for item, share in zip(one.items, one.parts_minor, strict=True)
    )
    return ResultTable("shares", "The bundle price on its items, by their prices alone", columns, rows)


def _chart(rules: Sequence[Rule]) -> Chart:
    points = tuple(
        ChartPoint(f"{_named(one.given)}, then {one.then}", decimal_text(one.lift, 3))
        for one in rules[:DRAWN]
        if one.is_significant
    )
    return Chart("lift", "How much more often than by chance", ChartKind.BARS, "lift", points)


def _notes(rules: Sequence[Rule], sets: int, options: BundlingOptions, *, is_priced: bool) -> tuple[str, ...]:
    false = f"at most {options.false_share_percent} % of the rules beyond chance are expected to be false"
    notes = [f"At least {options.orders_min} orders hold every set; {false}."]
    if not any(one.is_significant for one in rules):
        notes.append("Nothing is bought together more often than chance explains.")
    if not is_priced:
        notes.append("No row tells prices and costs: bundles are not priced.")
    elif sets > BUNDLES_MAX:
        notes.append(f"Of {sets} sets beyond chance the first {BUNDLES_MAX} by lift are priced.")
    return tuple(notes)


def _named(items: Sequence[str]) -> str:
    return " + ".join(items)
