"""Sets a laid out document as PDF."""

from pathlib import Path
from typing import Final

from services.partners.adapters.partner_documents.cell_text import cell_text
from services.partners.adapters.partner_documents.layout import LaidTable, Layout
from shared.documents.pdf import render_pdf
from shared.documents.table import Amount, Cell

TEMPLATE: Final = Path(__file__).with_name("partner_document.typ")
TAGGED_ROWS_MAX: Final = 500  # tags make long tables many times as large


def layout_pdf(layout: Layout) -> bytes:
    """The same layout gives the same bytes."""
    rows = sum(len(table.rows) for table in layout.tables)
    return render_pdf(TEMPLATE, pdf_content(layout), is_tagged=rows <= TAGGED_ROWS_MAX)


def pdf_content(layout: Layout) -> dict[str, object]:
    """What the template is given."""
    return {
        "language": layout.language,
        "title": layout.title,
        "sender": layout.sender,
        "partner": {"name": layout.partner_name, "lines": list(layout.partner_lines)},
        "to": layout.to_label,
        "page": layout.page_label,
        "facts": [{"label": label, "value": value} for label, value in layout.facts],
        "summaries": [
            [
                {"label": card.label, "value": cell_text(card.value, is_signed=True), "main": card.is_main}
                for card in cards
            ]
            for cards in layout.summaries
        ],
        "tables": [_table(table) for table in layout.tables],
        "notes": list(layout.notes),
    }


def _table(table: LaidTable) -> dict[str, object]:
    return {
        "title": table.title,
        "empty": table.empty,
        "columns": [
            {"title": one.column.title, "width": one.width, "right": one.is_right} for one in table.headings
        ],
        "rows": [[_shown(cell) for cell in row] for row in table.rows],
        "sums": [cell_text(cell) for cell in table.sums or ()],
        "marked": sorted(table.marked),
        "beside": table.is_beside,
    }


def _shown(cell: Cell) -> str:
    """Nothing is a dash: a column of zeros hides the figures between them."""
    return "–" if isinstance(cell, Amount) and not cell.text.strip("-0.") else cell_text(cell)
