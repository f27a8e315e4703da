"""P13 of what partners get each morning: an order board and a payment sheet as XLSX and PDF, from frozen content.

XLSX against XlsxWriter given the same cells in the same looks; PDF against typst given the same template and input,
called once per document as its own documentation does. In processor time: documents are set in several threads.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from datetime import time as clock
from decimal import Decimal
from io import BytesIO
from typing import Any, Final

import msgspec
import typst
import xlsxwriter

from services.partners.adapters.partner_documents.layout import LaidTable, Layout
from services.partners.adapters.partner_documents.layout_pdf import TEMPLATE, pdf_content
from services.partners.adapters.partner_documents.rendering import frozen_content, layout_of, render
from services.partners.domain.document import DocumentKind
from shared.documents.pdf import FONTS
from shared.documents.rupee_formats import number_format
from shared.documents.table import Amount, Cell
from tests.benchmarks.ratios import REPETITIONS, Ratio
from tests.unit.partners.test_document_layouts import a_sheet, an_invoice
from tests.unit.partners.test_order_board_document import a_board, orders

DOCUMENTS: Final = 20  # of each kind and repetition
INVOICES: Final = 30
ORDERS: Final = 20
SENDER: Final = "Bench Engines Limited"
MADE_AT: Final = datetime(2026, 11, 26, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Morning:
    """Documents of partners that nobody else has: typst remembers what it has set before."""

    kind: DocumentKind
    contents: Sequence[Mapping[str, Any]]


def measure() -> Ratio:
    """The value of a repetition is the worst of its four ratios."""
    ratios: list[float] = []
    for repetition in range(REPETITIONS + 1):  # the first one warms up
        ours, theirs = mornings(f"ours {repetition}"), mornings(f"theirs {repetition}")
        parts: dict[str, float] = {}
        cost: list[str] = []
        for one, other in zip(ours, theirs, strict=True):
            for file_format, bare in (("xlsx", bare_xlsx), ("pdf", bare_pdf)):
                laid = [layout_of(other.kind, content, SENDER, "en") for content in other.contents]
                bare_seconds = seconds_each(bare, laid)
                seconds = seconds_each(_rendering(one.kind, file_format), one.contents)
                parts[f"{one.kind} {file_format}"] = bare_seconds / seconds
                cost.append(f"{one.kind} {file_format} {seconds * 1000:.1f} ms")
        if repetition:
            ratios.append(min(parts.values()))
            print(
                f"P13 {repetition}: "
                + ", ".join(f"{name} {value:.2f}" for name, value in parts.items())
                + f" ({', '.join(cost)})"
            )
    what = (
        f"order boards ({ORDERS} orders) and payment sheets ({INVOICES} invoices), the worst of XLSX and PDF"
    )
    return Ratio("P13 partners", what, "bare XlsxWriter, bare typst", 0.70, 0.90, tuple(ratios))


def mornings(name: str) -> tuple[Morning, Morning]:
    invoices = tuple(an_invoice(f"INV/{place:04}", 12_34_567_50 + place) for place in range(INVOICES))
    late, coming = orders()
    told = tuple(
        replace(late if place % 2 else coming, number=f"SO/26-27/{place:06}") for place in range(ORDERS)
    )
    sheets = [
        frozen_content(replace(a_sheet(f"{name} {place}"), invoices=invoices)) for place in range(DOCUMENTS)
    ]
    boards = [frozen_content(a_board(told=told, name=f"{name} {place}")) for place in range(DOCUMENTS)]
    return Morning(DocumentKind.ORDER_BOARD, boards), Morning(DocumentKind.PAYMENT_SHEET, sheets)


def seconds_each(work: Callable[[Any], object], things: Sequence[Any]) -> float:
    """Processor seconds of one, over all of them."""
    started = time.process_time()
    for thing in things:
        work(thing)
    return (time.process_time() - started) / len(things)


def _rendering(kind: DocumentKind, file_format: str) -> Callable[[Any], bytes]:
    return lambda content: render(kind, content, (file_format, "en"), sender=SENDER, made_at=MADE_AT)


def bare_pdf(layout: Layout) -> bytes:
    return typst.compile(
        str(TEMPLATE),
        root=str(TEMPLATE.parent),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        sys_inputs={"content": msgspec.json.encode(pdf_content(layout)).decode()},
    )


def bare_xlsx(layout: Layout) -> bytes:
    """The same cells, with nothing decided on the way but what kind of cell it is."""
    target = BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    money = book.add_format({"num_format": number_format("1", "INR")})
    day, head = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"bold": True})
    sheet = book.add_worksheet()
    for row, (label, value) in enumerate(
        [*layout.facts, *(("", one) for one in (*layout.partner_lines, *layout.notes))]
    ):
        sheet.write_string(row, 0, label)
        sheet.write_string(row, 1, value)
    for cards in layout.summaries:
        for row, card in enumerate(cards, start=30):
            sheet.write_string(row, 0, card.label)
            _write(sheet, (row, 1), card.value, (money, day))
    for table in layout.sheets or layout.tables:
        _bare_sheet(book.add_worksheet(), table, (head, money, day))
    book.close()
    return target.getvalue()


def _bare_sheet(sheet: Any, table: LaidTable, looks: tuple[Any, Any, Any]) -> None:
    head, *of_cells = looks
    for column, heading in enumerate(table.headings):
        sheet.write_string(0, column, heading.column.title, head)
    for row, cells in enumerate([*table.rows, *([table.sums] if table.sums else [])], start=1):
        for column, cell in enumerate(cells):
            _write(sheet, (row, column), cell, (of_cells[0], of_cells[1]))
    if table.headings:
        sheet.autofilter(0, 0, max(len(table.rows), 1), len(table.headings) - 1)
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(table.headings) - 1, 16)


def _write(sheet: Any, place: tuple[int, int], cell: Cell, looks: tuple[Any, Any]) -> None:
    match cell:
        case None:
            return
        case Amount():
            sheet.write_number(*place, float(cell.text), looks[0])
        case date():
            sheet.write_datetime(*place, datetime.combine(cell, clock.min), looks[1])
        case int() | Decimal():
            sheet.write_number(*place, float(cell))
        case _:
            sheet.write_string(*place, str(cell))
