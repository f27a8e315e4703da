"""Cuts the rows of an account's tables into pages, with what is carried from one to the next."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

# Rows of 4.8 mm that A4 leaves beside letterhead, summary, head and the lines carried forward.
FIRST_PAGE_ROWS: Final = 34
SECTION_ROWS: Final = 44
FULL_PAGE_ROWS: Final = 48
ELLIPSIS: Final = "…"


@dataclass(frozen=True, slots=True)
class TableColumn:
    """`width` is a length of typst or "rest"; `length_max` is how many characters a line of it holds."""

    title: str
    width: str
    length_max: int
    is_right: bool = False


def pages_of(
    columns: Sequence[TableColumn],
    rows: Sequence[Sequence[str]],
    balances: Sequence[str],
    *,
    opening: str | None,
    first_rows: int = FIRST_PAGE_ROWS,
) -> list[dict[str, object]]:
    """Each page's columns as texts of one line per row; `balances` are carried forward, none for a plain list."""
    pages: list[dict[str, object]] = []
    start, carried = 0, opening
    while start < len(rows):
        end = min(start + (first_rows if start == 0 else FULL_PAGE_ROWS), len(rows))
        brought = carried
        carried = balances[end - 1] if balances else None
        pages.append(
            {
                "rows": end - start,
                "columns": [
                    "\n".join(_line(row[place], column) for row in rows[start:end])
                    for place, column in enumerate(columns)
                ],
                "brought": brought,
                "carried": carried if end < len(rows) else None,
            }
        )
        start = end
    return pages


def heads_of(columns: Sequence[TableColumn]) -> list[dict[str, object]]:
    return [{"title": one.title, "width": one.width, "right": one.is_right} for one in columns]


def _line(text: str, column: TableColumn) -> str:
    """One line: what is too long ends with an ellipsis; JSON and XLSX have it whole."""
    if len(text) <= column.length_max and text.isprintable():
        return text
    plain = " ".join(text.split())
    return plain if len(plain) <= column.length_max else plain[: column.length_max - 1] + ELLIPSIS
