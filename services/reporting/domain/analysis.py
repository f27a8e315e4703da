"""What every analysis answers with: figures with their formulas, checks that must come to nought, tables, pictures.

Values are texts, exact as they were calculated: an analysis is frozen, and what is frozen is not rounded a second time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum


class AnalysisKind(StrEnum):
    """What is analysed, and so which options there are."""

    VARIANCE = "variance"
    BILL_OF_MATERIALS = "bill_of_materials"
    LANDED_COST = "landed_cost"
    MARGIN_WATERFALL = "margin_waterfall"
    PROJECTION = "projection"
    BUNDLING = "bundling"


class CellKind(StrEnum):
    """What the cells of a column are; money is in the currency that the column's unit names."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    MONEY = "money"


Cell = str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultColumn:
    """A column; `formula` says how a spreadsheet calculates it from others of its row, named in braces."""

    code: str
    title: str
    kind: CellKind = CellKind.TEXT
    unit: str = ""
    formula: str = ""
    is_summed: bool = False


@dataclass(frozen=True, slots=True)
class ResultTable:
    """Rows under columns, with the sentence that says what they are."""

    code: str
    title: str
    columns: tuple[ResultColumn, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure of the result, and how it was calculated. `value` is None where it is not defined: `formula` says why."""

    code: str
    title: str
    value: str | None
    unit: str
    formula: str


@dataclass(frozen=True, slots=True)
class Check:
    """What must come to nought: `residual` is what is left over, `sentence` what was compared."""

    code: str
    sentence: str
    residual: str

    @property
    def holds(self) -> bool:
        """Whether nothing is left over."""
        return Decimal(self.residual) == 0


class ChartKind(StrEnum):
    """How the points of a chart are drawn."""

    WATERFALL = "waterfall"
    BARS = "bars"
    LINES = "lines"


@dataclass(frozen=True, slots=True)
class ChartPoint:
    """A value at a label; `is_total` stands on the ground in a waterfall, `low` and `high` bound an interval."""

    label: str
    value: str
    series: str = ""
    is_total: bool = False
    low: str | None = None
    high: str | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture as data; it is drawn when somebody asks for it."""

    code: str
    title: str
    kind: ChartKind
    unit: str
    points: tuple[ChartPoint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisResult:
    """All of an answer. `notes` say what was left out, set apart or assumed."""

    figures: tuple[Figure, ...]
    checks: tuple[Check, ...] = ()
    tables: tuple[ResultTable, ...] = ()
    charts: tuple[Chart, ...] = ()
    notes: tuple[str, ...] = field(default=())


def titled(code: str) -> str:
    """The title of a column whose code says it all: `unit_cost` is read as "Unit cost"."""
    return code.replace("_", " ").capitalize()


def text_columns(codes: Sequence[str]) -> tuple[ResultColumn, ...]:
    """Columns of plain texts, e.g. of keys."""
    return tuple(ResultColumn(code=code, title=titled(code)) for code in codes)
