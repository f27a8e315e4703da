"""Results of queries as they leave: rows for a reply, CSV, a workbook, a chart."""

import io
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from math import isfinite
from pathlib import Path
from typing import Any, Final

import duckdb
import vl_convert

from services.research.domain.errors import ChartInvalid, ResultTooLarge
from shared.documents.csv_table import CsvTable
from shared.documents.pdf import FONTS
from shared.documents.table import Cell, Column, Kind
from shared.documents.xlsx_table import Workbook
from shared.errors import FieldProblem

ROWS_AT_ONCE: Final = 2_000
WORKBOOK_ROWS_MAX: Final = 50_000
CHART_ROWS_MAX: Final = 5_000
PNG_SCALE: Final = 2
WHOLE_MAX: Final = 2**53  # beyond it readers of JSON round
_KINDS: Final[Mapping[str, Kind]] = {
    "BOOLEAN": Kind.TRUTH, "DATE": Kind.DATE, "BIGINT": Kind.INTEGER, "INTEGER": Kind.INTEGER, "HUGEINT": Kind.INTEGER,
    "DOUBLE": Kind.DECIMAL, "FLOAT": Kind.DECIMAL,
}  # fmt: skip
_drawing: Final = threading.Lock()  # the converter has one engine, and it is not to be entered twice


def result_rows(path: Path, *, after: int, limit: int) -> list[list[Any]]:
    """Rows of a result as JSON can say them: decimals, days and instants as text."""
    with duckdb.connect(config={"memory_limit": "128MB", "threads": 1}) as engine:
        found = engine.execute(
            "SELECT * FROM read_parquet($path) LIMIT $limit OFFSET $after",
            {"path": str(path), "after": after, "limit": limit},
        )
        return [[plain_value(value) for value in row] for row in found.fetchall()]


def result_csv(path: Path, columns: Sequence[Mapping[str, str]]) -> bytes:
    """Whole, with no text that a spreadsheet would calculate."""
    target = io.BytesIO()
    table = CsvTable(target, _columns(columns))
    for rows in _batches(path):
        table.write([[_cell(value) for value in row] for row in rows])
    return target.getvalue()


def result_workbook(path: Path, columns: Sequence[Mapping[str, str]], *, made_at: datetime) -> bytes:
    """Whole; the caller asks for CSV instead when there are too many rows."""
    target = io.BytesIO()
    book = Workbook(target, title="Query", made_at=made_at)
    sheet = book.sheet("Query", _columns(columns))
    for rows in _batches(path):
        sheet.write([[_cell(value) for value in row] for row in rows])
    book.close()
    return target.getvalue()


@dataclass(frozen=True, slots=True)
class Drawing:
    """How a result is drawn: `chosen` columns in their order, all when it is empty."""

    mark: str
    chosen: Sequence[str]


def result_chart(
    path: Path, columns: Sequence[Mapping[str, str]], drawing: Drawing, *, rows: int, is_png: bool
) -> bytes:
    """The first column along, the last one up, a colour for each value of one between; in the fonts shipped here."""
    places = _places([column["name"] for column in columns], drawing.chosen)
    if rows > CHART_ROWS_MAX or len(places) not in (2, 3):
        raise ResultTooLarge(f"A chart takes two or three columns and at most {CHART_ROWS_MAX} rows")
    names = [columns[place]["name"] for place in places]
    told = [[row[place] for place in places] for row in result_rows(path, after=0, limit=CHART_ROWS_MAX)]
    values = [
        dict(zip(("x", "series", "y") if len(names) == 3 else ("x", "y"), row, strict=True)) for row in told
    ]
    kind = "temporal" if columns[places[0]]["type"] in ("DATE", "TIMESTAMP") else "nominal"
    encoding: dict[str, Any] = {
        "x": {"field": "x", "type": kind, "title": names[0], "sort": None},
        "y": {"field": "y", "type": "quantitative", "title": names[-1]},
    }
    if columns[places[0]]["type"] == "DATE":
        encoding["x"]["axis"] = {"format": "%d %b %Y"}  # months of several years would be named alike
    if len(names) == 3:
        encoding["color"] = {"field": "series", "type": "nominal", "title": names[1]}
    drawn = [{**one, "y": _number(names[-1], one["y"])} for one in values]
    config = {"font": "Noto Sans", "background": "white"}
    specification = {
        "width": 900,
        "height": 420,
        "mark": drawing.mark,
        "data": {"values": drawn},
        "encoding": encoding,
        "config": config,
    }
    _know_fonts()
    with _drawing:
        if is_png:
            return bytes(vl_convert.vegalite_to_png(specification, scale=PNG_SCALE))
        svg: str = vl_convert.vegalite_to_svg(specification)
    return svg.encode()


def _places(names: Sequence[str], chosen: Sequence[str]) -> list[int]:
    if missing := [one for one in chosen if one not in names]:
        expected = f"expected columns of the result: {', '.join(names)}"
        raise ChartInvalid(f"There is no column {missing[0]}", problems=[FieldProblem("?column", expected)])
    return [names.index(one) for one in chosen or names]


def _number(name: str, value: object) -> float | None:
    try:
        return None if value is None else float(str(value))
    except ValueError:
        problem = FieldProblem("?column", f"expected a column of numbers last; {name} has others")
        raise ChartInvalid(f"{name} cannot be drawn", problems=[problem]) from None


@lru_cache(maxsize=1)
def _know_fonts() -> None:
    vl_convert.register_font_directory(str(FONTS))


def _batches(path: Path) -> Iterator[list[tuple[Any, ...]]]:
    with duckdb.connect(config={"memory_limit": "128MB", "threads": 1}) as engine:
        found = engine.execute("SELECT * FROM read_parquet($path)", {"path": str(path)})
        while rows := found.fetchmany(ROWS_AT_ONCE):
            yield rows


def _columns(columns: Sequence[Mapping[str, str]]) -> list[Column]:
    return [Column(one["name"], _kind(one["type"]), one["name"]) for one in columns]


def _kind(sql_type: str) -> Kind:
    return Kind.DECIMAL if sql_type.startswith("DECIMAL") else _KINDS.get(sql_type, Kind.TEXT)


def _cell(value: object) -> Cell:
    """A number that is none, as infinity, leaves as its name."""
    match value:
        case float():
            return Decimal(repr(value)) if isfinite(value) else str(value)
        case datetime():
            return value.isoformat()
        case None | str() | bool() | int() | Decimal() | date():
            return value
    return str(plain_value(value))


def plain_value(value: object) -> Any:  # noqa: ANN401 - whatever JSON can say
    """As JSON can say it: decimals, days and instants as texts."""
    match value:
        case None | str() | bool() | int():
            plain: Any = value
        case float():
            plain = value if isfinite(value) else str(value)
        case Decimal():
            is_whole = value.as_tuple().exponent == 0 and abs(value) <= WHOLE_MAX
            plain = int(value) if is_whole else format(value, "f")
        case datetime() | date() | time():
            plain = value.isoformat()
        case dict():
            plain = {str(name): plain_value(one) for name, one in value.items()}
        case list() | tuple():
            plain = [plain_value(one) for one in value]
        case bytes():
            plain = value.hex()
        case _:
            plain = str(value)
    return plain
