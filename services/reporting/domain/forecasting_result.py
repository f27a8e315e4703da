"""A projection as figures, checks, tables and a chart; values are whole units of the last decimal, so that sums agree."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

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
)
from services.reporting.domain.analysis_rows import SourceRow
from services.reporting.domain.errors import AnalysisInvalid
from services.reporting.domain.exact_parts import scaled_text
from services.reporting.domain.forecasting import Path, Projected, Projection, SeriesClass, projection
from services.reporting.domain.forecasting_rows import Batch, ProjectionOptions, exact_units, series_of

PAST_DRAWN: Final = 36
ALL: Final = "All"
SIZE_MAX: Final = 10**15  # beyond that a double has no paise


def projection_analysis(rows: Sequence[SourceRow], options: ProjectionOptions) -> AnalysisResult:
    """AnalysisInvalid names rows that are no series; no series stops the others."""
    batch = series_of(rows, options)
    if max(float(np.abs(one.values).max()) for one in batch.series) > SIZE_MAX:
        raise AnalysisInvalid("A value is larger than can be projected")
    found = projection(batch, options)
    units = [[exact_units(value, options.decimals) for value in one.values] for one in found.series]
    sums = _level_sums(found, units)
    return AnalysisResult(
        figures=_figures(found, options, sums),
        checks=_checks(found, options, sums),
        tables=(
            _values_table("projections", found, batch, options, units),
            _values_table("totals", found, batch, options, [sums[one.path] for one in found.totals]),
            _series_table(found, options),
            _accuracy_table(found),
        ),
        charts=(_chart(found, batch, options, sums),),
        notes=_notes(found),
    )


def _level_sums(found: Projection, units: Sequence[Sequence[int]]) -> dict[Path, list[int]]:
    sums: dict[Path, list[int]] = {one.path: [0] * len(one.values) for one in found.totals}
    for one, values in zip(found.series, units, strict=True):
        for depth in range(len(one.path) + 1):
            level = sums[one.path[:depth]]
            for place, value in enumerate(values):
                level[place] += value
    return sums


def _figures(
    found: Projection, options: ProjectionOptions, sums: dict[Path, list[int]]
) -> tuple[Figure, ...]:
    chosen, coverage = found.accuracy["chosen"], found.coverage
    share = None if coverage is None else f"{100 * coverage:.1f}"
    nominal = f"{options.coverage_percent} %"
    return (
        Figure(
            code="total",
            title=f"Everything over {options.horizon} periods",
            value=scaled_text(sum(sums[()]), options.decimals),
            unit=options.unit,
            formula="Σ of all series and periods",
        ),
        _measure(
            "mase", "MASE of the chosen methods", chosen.mase, "mean |error| / mean |seasonal naive step|"
        ),
        _measure(
            "smape", "sMAPE of the chosen methods", chosen.smape, "mean 200 |error| / (|came| + |said|)"
        ),
        _measure("owa", "OWA of the chosen methods", chosen.owa, "(MASE / Naive2's + sMAPE / Naive2's) / 2"),
        Figure(
            code="coverage",
            title=f"Coverage of the {nominal} intervals",
            value=share,
            unit="%",
            formula="errors within widths that were made without them, from rolling origins; null: nothing to measure",
        ),
    )


def _measure(code: str, title: str, value: float | None, formula: str) -> Figure:
    shown = None if value is None else f"{value:.4f}"
    return Figure(code=code, title=title, value=shown, unit="", formula=f"{formula}, from rolling origins")


def _checks(found: Projection, options: ProjectionOptions, sums: dict[Path, list[int]]) -> tuple[Check, ...]:
    """Each level of the hierarchy comes to the same."""
    by_depth: dict[int, int] = {}
    for one in found.totals:
        by_depth[len(one.path)] = by_depth.get(len(one.path), 0) + sum(sums[one.path])
    left = sum(abs(total - by_depth[0]) for total in by_depth.values())
    return (Check("levels", "each level of the hierarchy − everything", scaled_text(left, options.decimals)),)


def _interval(one: Projected, found: Projection, place: int, options: ProjectionOptions) -> tuple[Cell, Cell]:
    """What the share of cases lies between; none where nothing is known about errors, and never below nought for what
    never was."""
    if found.widths is None and one.kind is not SeriesClass.CONSTANT:
        return None, None
    width = 0.0 if found.widths is None else float(found.widths[place]) * one.scale
    low, high = one.values[place] - width, one.values[place] + width
    if one.past.min() >= 0:
        low = max(low, 0.0)
    return tuple(scaled_text(exact_units(end, options.decimals), options.decimals) for end in (low, high))  # type: ignore[return-value] # two of them


def _values_table(
    code: str, found: Projection, batch: Batch, options: ProjectionOptions, units: Sequence[Sequence[int]]
) -> ResultTable:
    is_series = code == "projections"
    shown = found.series if is_series else found.totals
    depth = len(options.hierarchy)
    rows = tuple(
        (
            *one.path, *[None] * (depth - len(one.path)), *one.key, batch.calendar.text(batch.last + 1 + place),
            scaled_text(value, options.decimals), *_interval(one, found, place, options),
        )
        for one, values in zip(shown, units, strict=True)
        for place, value in enumerate(values)
    )  # fmt: skip
    percent = options.coverage_percent
    columns = (
        *text_columns((*options.hierarchy, *(options.keys if is_series else ()), "period")),
        _number("value", "Projection", options),
        _number("low", f"Low ({percent} %)", options),
        _number("high", f"High ({percent} %)", options),
    )
    title = "Each series" if is_series else "Levels of the hierarchy, everything at last; empty: all of it"
    return ResultTable(code, title, columns, rows)


def _number(code: str, title: str, options: ProjectionOptions) -> ResultColumn:
    return ResultColumn(code=code, title=title, kind=CellKind.DECIMAL, unit=options.unit)


def _series_table(found: Projection, options: ProjectionOptions) -> ResultTable:
    columns = (
        *text_columns((*options.hierarchy, *options.keys, "class", "method", "reason")),
        ResultColumn(code="values", title="Values known", kind=CellKind.INTEGER),
        ResultColumn(code="origins", title="Origins", kind=CellKind.INTEGER),
    )
    rows = tuple(
        (
            *one.path, *one.key, one.kind.value if one.kind else None, one.method, one.reason,
            str(len(one.past)), str(len(one.missed)),
        )
        for one in found.series
    )  # fmt: skip
    return ResultTable("series", "Which method projects each series, and why", columns, rows)


def _accuracy_table(found: Projection) -> ResultTable:
    columns = (
        *text_columns(("method",)),
        *(
            ResultColumn(code=code, title=title, kind=CellKind.DECIMAL)
            for code, title in (("mase", "MASE"), ("smape", "sMAPE"), ("owa", "OWA"))
        ),
    )
    rows = tuple(
        (name, *(None if value is None else f"{value:.4f}" for value in (one.mase, one.smape, one.owa)))
        for name, one in found.accuracy.items()
    )
    return ResultTable(
        "accuracy", "How methods did from rolling origins, over all regular series", columns, rows
    )


def _chart(found: Projection, batch: Batch, options: ProjectionOptions, sums: dict[Path, list[int]]) -> Chart:
    """Everything: what was, then what is projected with its interval."""
    one = found.totals[-1]
    kept = one.past[-PAST_DRAWN:]
    points = [
        ChartPoint(batch.calendar.text(batch.last + 1 - len(kept) + place), f"{value:.2f}", "Past")
        for place, value in enumerate(kept)
    ]
    for place, value in enumerate(sums[()]):
        low, high = _interval(one, found, place, options)
        label = batch.calendar.text(batch.last + 1 + place)
        points.append(
            ChartPoint(label, scaled_text(value, options.decimals), "Projection", low=low, high=high)
        )
    title = f"{ALL}: projected {options.horizon} periods, {options.coverage_percent} % interval"
    return Chart("projection", title, ChartKind.LINES, options.unit, tuple(points))


def _notes(found: Projection) -> tuple[str, ...]:
    counts = {kind: sum(one.kind is kind for one in found.series) for kind in SeriesClass}
    notes = [
        "Series: " + ", ".join(f"{count} {kind.value}" for kind, count in counts.items() if count) + ".",
        "Totals are sums of their series; their intervals come from their own errors, and are no sums.",
    ]
    if found.widths is None:
        notes.append("No series is long enough to measure errors on: there are no intervals.")
    else:
        notes.append(
            "Intervals are pooled conformal: absolute errors from rolling origins, divided by each series' scale."
        )
    notes.append(
        "Accuracy of the chosen methods is measured on what they were chosen by, and flatters them a little."
    )
    return tuple(notes)


def projected_value(result: AnalysisResult, series: Mapping[str, str], period: str) -> str | None:
    """The figure of a frozen projection whose columns say just that; None where there is none."""
    table = next(one for one in result.tables if one.code == "projections")
    codes = [column.code for column in table.columns]
    names = codes[: codes.index("period")]
    for row in table.rows:
        cells = dict(zip(codes, row, strict=True))
        if cells["period"] == period and series == {name: cells[name] for name in names}:
            return cells["value"]
    return None
