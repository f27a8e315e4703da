"""Products beside each other as a table that leaves: attributes down, products across, ours first."""

import io
from collections.abc import Sequence
from datetime import datetime

from services.research.domain.comparison import ComparedAttribute, ComparedProduct
from services.research.domain.observation import Standing
from shared.documents.csv_table import CsvTable
from shared.documents.table import Cell, Column, Kind
from shared.documents.xlsx_table import Workbook


def comparison_csv(columns: Sequence[ComparedProduct], rows: Sequence[ComparedAttribute]) -> bytes:
    """A cell says value, grade and day, and whether to build on it: `9 weeks [B2, 2026-11-20]`."""
    target = io.BytesIO()
    CsvTable(target, _columns(columns)).write(_cells(rows))
    return target.getvalue()


def comparison_workbook(
    columns: Sequence[ComparedProduct], rows: Sequence[ComparedAttribute], *, made_at: datetime
) -> bytes:
    """The same as a workbook."""
    target = io.BytesIO()
    book = Workbook(target, title="Comparison", made_at=made_at)
    book.sheet("Comparison", _columns(columns)).write(_cells(rows))
    book.close()
    return target.getvalue()


def _columns(columns: Sequence[ComparedProduct]) -> list[Column]:
    across = [(f"{one.competitor}:{one.product.code}", _title(one)) for one in columns]
    return [
        Column.named("attribute", Kind.TEXT),
        Column.named("better", Kind.TEXT),
        *(Column(name, Kind.TEXT, title) for name, title in across),
    ]


def _title(one: ComparedProduct) -> str:
    return f"{one.competitor_name} {one.product.name}{' (ours)' if one.is_ours else ''}"


def _cells(rows: Sequence[ComparedAttribute]) -> list[list[Cell]]:
    return [[row.attribute.title, row.attribute.better.value, *map(_shown, row.cells)] for row in rows]


def _shown(cell: Standing | None) -> str | None:
    if cell is None:
        return None
    warnings = [*(["stale"] if cell.is_stale else []), *(["contradicted"] if cell.contradicted_by else [])]
    seen = cell.observation
    return f"{cell.shown} [{', '.join((str(seen.grade), seen.seen_on.isoformat(), *warnings))}]"
