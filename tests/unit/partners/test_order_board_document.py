"""Order boards as partners get them: pages in three languages, workbooks that calculate and can be filtered."""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pypdfium2
import pytest
from python_calamine import CalamineWorkbook

from services.partners.adapters.partner_documents.board_words import BOARD_WORDS
from services.partners.adapters.partner_documents.rendering import frozen_content, render
from services.partners.domain.board_making import BoardFacts, order_board
from services.partners.domain.document import DocumentKind
from services.partners.domain.order import Hold, HoldKind, Order, OrderState
from services.partners.domain.order_board import BoardPartner, EarlierBoard, OrderBoard, UnlinedOrder
from services.partners.domain.order_lift import Lifter
from services.partners.domain.payment_sheet import SheetTotals
from services.partners.domain.terms import PartnerTerms, PaymentReason
from tests.unit.partners.test_order import a_line, sent

DAY = date(2026, 11, 26)
AT = datetime(2026, 11, 26, 3, 30, tzinfo=UTC)
GODAVARI = BoardPartner(code="CP0001", name="Godavari Energy Enterprises", city="Nashik", zone="West")


def orders() -> Sequence[Order]:
    """Two orders in rupees: one late and held in parts, one still to come."""
    late = Order(
        number="SO/26-27/004711",
        partner_code="CP0001",
        ordered_on=date(2026, 9, 14),
        currency="INR",
        customer_reference="=PO/118",
        lines=(
            a_line(allocated=Decimal(6), dispatches=sent(4), requested_on=date(2026, 11, 2),
                   promised_on=date(2026, 11, 20), unit_value_minor=12_34_567_50, tax_percent=Decimal(18)),
            a_line(number=2, product_code="AMF-125", description="Automatic mains failure panel, 125 A",
                   quantity=Decimal("2.5"), promised_on=date(2026, 12, 18), unit_value_minor=86_400_00),
        ),
        holds=(Hold(kind=HoldKind.ENGINEERING, since_on=date(2026, 11, 9), note="Drawing of the exhaust",
                    line_number=2),),
    )  # fmt: skip
    coming = Order(
        number="SO/26-27/004902",
        partner_code="CP0001",
        ordered_on=date(2026, 11, 18),
        currency="INR",
        lines=(a_line(quantity=Decimal(2), allocated=Decimal(2), promised_on=DAY + timedelta(days=9)),),
    )
    return late, coming


def a_board(*, told: Sequence[Order] | None = None, name: str = GODAVARI.name) -> OrderBoard:
    totals = SheetTotals(
        currency="INR", open_minor=84_34_567_50, overdue_minor=12_00_000_00, advances_minor=34_567_50
    )
    facts = BoardFacts(
        partner=BoardPartner(code="CP0001", name=name, city="Nashik", zone="West"),
        terms=PartnerTerms(credit_limit_minor=90_00_000_00, stops_on_overdue=True),
        orders=orders() if told is None else told,
        unlined=(
            UnlinedOrder(
                order_number="00004999", ordered_on=DAY, currency="INR", stated_minor=7_50_000_00,
                crm_status="Activated",
            ),
        ),
        totals=(totals,),
        earlier=EarlierBoard(
            number=7,
            published_at=AT - timedelta(days=2),
            promises={
                ("SO/26-27/004711", 1): date(2026, 11, 9),
                ("SO/26-27/004711", 2): date(2026, 12, 24),
                ("SO/26-27/004902", 1): DAY + timedelta(days=9),
            },
        ),
    )  # fmt: skip
    return order_board(facts, as_of=AT, day=DAY)


def rendered(board: OrderBoard, file_format: str, language: str = "en") -> bytes:
    return render(
        DocumentKind.ORDER_BOARD,
        frozen_content(board),
        (file_format, language),
        sender="Sahyadri Engines Limited",
        made_at=AT,
    )


def text_of(pdf: bytes) -> str:
    pages = pypdfium2.PdfDocument(pdf)
    return " ".join(" ".join(page.get_textpage().get_text_range() for page in pages).split())


def test_a_board_says_on_paper_what_is_open_what_stops_it_and_what_must_be_paid() -> None:
    pdf = rendered(a_board(), "pdf")

    text = text_of(pdf)
    missing = [
        words
        for words in (
            "Order board", "Godavari Energy Enterprises", "Board 7 of 24-11-2026",
            # 84,34,567.50 - 34,567.50 + 29,13,579.30 + 1,00,000.00 ready - 90,00,000.00
            "To pay before dispatch ₹ 24,13,579.30", "Open invoices and goods that are ready exceed the credit limit",
            "All orders Credit", "Payment of what exceeds the credit limit or is overdue 24,13,579.30 You",
            "Engineering 09-11-2026 Drawing of the exhaust Clearance of the drawing or specification Our engineering",
            "09-11-2026 20-11-2026 11", "24-12-2026 18-12-2026 -6",
            "AMF-125 Automatic mains failure panel, 125 A", "2.5 0 0 2,16,000.00 Open",
            "6 6 4 74,07,405.00 Partly dispatched 02-11-2026 20-11-2026 6",
            "Ageing by promise", "1–7 days late 1 74,07,405.00", "Ageing by order date", "61–90 days 2 76,23,405.00",
            "Totals by state", "Total 77,23,405.00", "00004999",
        )
        if words not in text
    ]  # fmt: skip
    assert missing == []
    assert rendered(a_board(), "pdf") == pdf


@pytest.mark.parametrize("language", ["hi", "mr"])
def test_it_speaks_the_reader_s_language_and_writes_the_same_amounts(language: str) -> None:
    text = text_of(rendered(a_board(), "pdf", language))

    assert BOARD_WORDS[language]["title"][0] in text
    assert "₹ 24,13,579.30" in text
    assert "Total" not in text


def test_every_hold_lift_state_and_reason_has_words_in_each_language() -> None:
    needed = {
        *(f"{word}_{kind}" for word in ("hold", "lift") for kind in HoldKind),
        *(f"by_{lifter}" for lifter in Lifter),
        *(f"state_{state}" for state in OrderState),
        *(f"why_{reason}" for reason in PaymentReason),
    }

    assert all(needed <= words.keys() == BOARD_WORDS["en"].keys() for words in BOARD_WORDS.values())


def test_a_workbook_holds_the_lines_to_be_filtered_and_sums_what_is_left() -> None:
    content = rendered(a_board(name="=cmd|' /C calc'!A0"), "xlsx")

    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert book.sheet_names == [
        "Order board", "Open lines", "Holds", "Promise changes", "Ageing", "Payment before dispatch", "Totals by state",
        "Orders without lines",
    ]  # fmt: skip
    lines = book.get_sheet_by_name("Open lines").to_python()
    assert lines[1] == [
        "SO/26-27/004711", 1, "=PO/118", "GEN-62", "Diesel generator 62.5 kVA", date(2026, 9, 14), 6, 6, 4, 7_407_405,
        "Partly dispatched", date(2026, 11, 2), date(2026, 11, 20), 6,
    ]  # fmt: skip
    assert lines[-1][9] == 7_723_405
    assert len(book.get_sheet_by_name("Ageing").to_python()) == 1 + 6 + 6
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheets = [archive.read(f"xl/worksheets/sheet{number}.xml").decode() for number in range(1, 9)]
    assert "<f>SUBTOTAL(9,J2:J4)</f>" in sheets[1]
    formulas = [part.split("</f>")[0] for sheet in sheets for part in sheet.split("<f>")[1:]]
    assert all(formula.startswith("SUBTOTAL(9,") for formula in formulas)
    assert all("<autoFilter" in sheet and 'state="frozen"' in sheet for sheet in sheets[1:5])


def test_currencies_are_summed_apart_and_an_empty_board_says_so() -> None:
    first, second = orders()
    export = replace(second, number="EXP/1", currency="USD")

    apart = CalamineWorkbook.from_filelike(io.BytesIO(rendered(a_board(told=[first, export]), "xlsx")))
    empty = text_of(rendered(a_board(told=()), "pdf"))

    totals = [apart.get_sheet_by_name(f"Open lines {one}").to_python()[-1][9] for one in ("INR", "USD")]
    assert totals == [7_623_405, 100_000]
    assert "Nothing is open." in empty
    assert "Nothing has to be paid before dispatch." in empty
