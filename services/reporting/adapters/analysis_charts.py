"""Charts of analyses as SVG and PNG, drawn by Vega-Lite without a browser, in the fonts that are shipped here."""

import threading
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import vl_convert

from services.reporting.domain.analysis import Chart, ChartKind, ChartPoint
from shared.documents.pdf import FONTS

WIDTH: Final = 900
HEIGHT: Final = 420
PNG_SCALE: Final = 2
_WHOLE_FROM: Final = 10_000  # from there on labels leave decimals out
# Told apart without red and green, and in print: what adds, what takes away, what stands.
_ADDS, _TAKES, _STANDS = "#1F77B4", "#D95F02", "#4D4D4D"
_CONFIG: Final = {
    "font": "Noto Sans",
    "background": "white",
    "axis": {"labelFontSize": 12, "titleFontSize": 12, "gridColor": "#E4E4E4"},
    "axisY": {"titleAngle": 0, "titleAlign": "right"},
    "title": {"fontSize": 16, "anchor": "start", "font": "Noto Sans"},
    "view": {"stroke": None},
}
# Indian grouping, and a minus sign that the font has; the unit of an axis is in its title, so that ticks need no sign.
_LOCALE: Final = {
    "decimal": ".",
    "thousands": ",",
    "grouping": [3, 2, 2, 2, 2],
    "currency": ["₹", ""],
    "minus": "-",
}
_drawing: Final = threading.Lock()  # the converter has one engine, and it is not to be entered twice


def chart_svg(chart: Chart) -> bytes:
    """The picture as text of vectors; the same chart gives the same bytes."""
    _know_fonts()
    with _drawing:
        svg: str = vl_convert.vegalite_to_svg(specification(chart), format_locale=_LOCALE)
    return svg.encode()


def chart_png(chart: Chart) -> bytes:
    """The picture in pixels, at twice the size."""
    _know_fonts()
    with _drawing:
        png: bytes = vl_convert.vegalite_to_png(specification(chart), scale=PNG_SCALE, format_locale=_LOCALE)
    return png


def specification(chart: Chart) -> dict[str, Any]:
    """What Vega-Lite is asked to draw."""
    layers = {
        ChartKind.WATERFALL: _waterfall,
        ChartKind.BARS: _bars,
        ChartKind.LINES: _lines,
    }[chart.kind](chart)
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "title": chart.title,
        "width": WIDTH,
        "height": HEIGHT,
        "config": _CONFIG,
        **layers,
    }


@lru_cache(maxsize=1)
def _know_fonts() -> None:
    vl_convert.register_font_directory(str(FONTS))


def _waterfall(chart: Chart) -> dict[str, Any]:
    """Bars from where the one before ended; totals stand on the ground."""
    values, level = [], 0.0
    decimals = 0 if max(abs(float(point.value)) for point in chart.points) >= _WHOLE_FROM else 2
    for place, point in enumerate(chart.points):
        value = float(point.value)
        low, high = (0.0, value) if point.is_total else (level, level + value)
        level = high
        kind = "Total" if point.is_total else ("Adds" if value >= 0 else "Takes away")
        values.append(
            {
                "place": place, "label": point.label, "from": low, "to": high, "top": max(low, high), "kind": kind,
                "text": _signed(value, decimals, is_total=point.is_total),
            }
        )  # fmt: skip
    x = {"field": "label", "type": "nominal", "sort": None, "axis": {"labelAngle": -20, "title": None}}
    y = {"field": "from", "type": "quantitative", "title": _unit(chart), "axis": {"format": ",.0f"}}
    colour = {
        "field": "kind",
        "type": "nominal",
        "scale": {"domain": ["Total", "Adds", "Takes away"], "range": [_STANDS, _ADDS, _TAKES]},
        "legend": {"title": None, "orient": "top"},
    }
    return {
        "data": {"values": values},
        "layer": [
            {"mark": {"type": "bar"}, "encoding": {"x": x, "y": y, "y2": {"field": "to"}, "color": colour}},
            {
                "mark": {"type": "text", "dy": -8, "fontSize": 11},
                "encoding": {
                    "x": x,
                    "y": {"field": "top", "type": "quantitative"},
                    "text": {"field": "text"},
                },
            },
        ],
    }


def _bars(chart: Chart) -> dict[str, Any]:
    """One bar per label, side by side for each series."""
    encoding: dict[str, Any] = {
        "y": {"field": "label", "type": "nominal", "sort": None, "axis": {"title": None, "labelLimit": 320}},
        "x": {"field": "value", "type": "quantitative", "title": _unit(chart)},
    }
    if len({point.series for point in chart.points}) > 1:
        encoding["color"] = {"field": "series", "type": "nominal", "legend": {"title": None, "orient": "top"}}
        encoding["yOffset"] = {"field": "series"}
    return {
        "data": {"values": _values(chart.points)},
        "mark": {"type": "bar", "color": _ADDS},
        "encoding": encoding,
    }


def _lines(chart: Chart) -> dict[str, Any]:
    """A line per series over labels in their order, with the interval where there is one."""
    labels = list(dict.fromkeys(point.label for point in chart.points))
    shown = {label for place, label in enumerate(labels) if place % max(1, len(labels) // 12) == 0}
    axis = {"title": None, "labelAngle": -30, "values": [label for label in labels if label in shown]}
    x = {"field": "label", "type": "ordinal", "sort": labels, "axis": axis}
    colour = {"field": "series", "type": "nominal", "legend": {"title": None, "orient": "top"}}
    y = {"type": "quantitative", "title": _unit(chart), "scale": {"zero": False}}
    return {
        "data": {"values": _values(chart.points)},
        "layer": [
            {
                "transform": [{"filter": "datum.low !== null"}],
                "mark": {"type": "area", "opacity": 0.25},
                "encoding": {"x": x, "y": {"field": "low", **y}, "y2": {"field": "high"}, "color": colour},
            },
            {"mark": {"type": "line", "point": True}, "encoding": {"x": x, "y": {"field": "value", **y}, "color": colour}},
        ],
    }  # fmt: skip


def _values(points: Sequence[ChartPoint]) -> list[Mapping[str, object]]:
    return [
        {
            "label": point.label,
            "series": point.series,
            "value": float(point.value),
            "low": None if point.low is None else float(point.low),
            "high": None if point.high is None else float(point.high),
        }
        for point in points
    ]


def _unit(chart: Chart) -> str:
    return "₹" if chart.unit == "INR" else chart.unit


def _signed(value: float, decimals: int, *, is_total: bool) -> str:
    """With lakh and crore grouping: -1234567.0 is -12,34,567."""
    whole, _, fraction = f"{abs(value):.{decimals}f}".partition(".")
    head, tail = whole[:-3], whole[-3:]
    groups = [head[max(0, end - 2) : end] for end in range(len(head), 0, -2)][::-1]
    sign = "-" if value < 0 else ("" if is_total else "+")
    return sign + ",".join([*groups, tail]) + (f".{fraction}" if fraction else "")
