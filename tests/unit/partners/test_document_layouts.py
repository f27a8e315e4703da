"""Documents as partners get them: pages that can be read in three languages, workbooks that calculate."""

import io
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime

import pypdfium2
import pytest
from python_calamine import CalamineWorkbook

from services.partners.adapters.partner_documents.rendering import frozen_content, render
from services.partners.adapters.partner_documents.sheet_words import SHEET_WORDS
from services.partners.domain.document import DocumentKind
from services.partners.domain.pay_plan import DueAmount, pay_plan
from services.partners.domain.payment_sheet import (
    PaymentSheet,
    Settlement,
    SheetInvoice,
    SheetReceipt,
    SheetTotals,
)
from services.partners.domain.sheet_memos import SheetCheque, SheetQuery, TaxAwaited

AS_OF = datetime(2026, 11, 26, 4, tzinfo=UTC)


def an_invoice(number: str, total_minor: int, received_minor: int = 0) -> SheetInvoice:
    return SheetInvoice(
        number=number,
        issued_on=date(2026, 10, 1),
        due_on=date(2026, 10, 31),
        currency="INR",
        total_minor=total_minor,
        received_minor=received_minor,
        deducted_minor=0,
    )


def a_sheet(name: str = "Godavari Energy Enterprises") -> PaymentSheet:
    receipt = SheetReceipt(
        received_on=date(2026, 10, 14),
        booked_at=AS_OF,
        reference="=HYPERLINK(1)",
        rail="RTGS",
        currency="INR",
        amount_minor=500_000_00,
        on_account_minor=0,
        settlements=(Settlement("INV/1", "money", 500_000_00),),
        reversed_on=None,
        reversal_reason=None,
    )
    totals = SheetTotals(
        currency="INR", open_minor=8_434_567_50, overdue_minor=8_434_567_50, advances_minor=0
    )
    return PaymentSheet(
        partner_code="CP0001",
        partner_name=name,
        city="Bengaluru",
        zone="South",
        gstin="29AJUFG4984A1ZE",
        as_of=AS_OF,
        overdue_on=date(2026, 11, 26),
        receipts_since=date(2026, 8, 28),
        totals=(totals,),
        invoices=(
            an_invoice("INV/1", 12_34_567_50, 500_000_00),
            an_invoice("INV/2", 77_00_000_00),
        ),
        receipts=(receipt,),
        credit_notes=(),
        is_complete=True,
    )


def rendered(sheet: PaymentSheet, file_format: str, language: str = "en") -> bytes:
    return render(
        DocumentKind.PAYMENT_SHEET,
        frozen_content(sheet),
        (file_format, language),
        sender="Sahyadri Engines Limited",
        made_at=AS_OF,
    )


def a_full_sheet() -> PaymentSheet:
    """With everything that is for memory."""
    cheque = SheetCheque(
        cheque_number="918178",
        drawee_bank="HDFC BANK",
        currency="INR",
        amount_minor=25_00_000_00,
        cheque_on=date(2026, 12, 10),
        received_on=date(2026, 11, 20),
        stale_on=date(2027, 3, 10),
        standing="held",
        items=("INV/2",),
    )
    due = DueAmount(currency="INR", due_on=date(2026, 10, 31), invoices=2, open_minor=84_34_567_50)
    later = DueAmount(currency="INR", due_on=date(2026, 12, 15), invoices=1, open_minor=10_00_000_00)
    query = SheetQuery(
        number="PQ/2026-27/000012",
        category="payment_difference",
        subject="Freight of INV/2 was agreed to be ours",
        opened_at=AS_OF,
        opened_on=date(2026, 11, 17),
        due_at=AS_OF,
        answered_at=None,
        about=("INV/2",),
        currency="INR",
        amount_minor=77_00_000_00,
    )
    tax = TaxAwaited(
        financial_year="2026-27",
        quarter=2,
        quarter_ends_on=date(2026, 9, 30),
        currency="INR",
        deducted_minor=45_000_00,
        certified_minor=10_000_00,
    )
    plan = pay_plan([due, later], {"INR": 4_34_567_50}, [cheque], on=date(2026, 11, 26))
    return replace(a_sheet(), plan=plan, cheques=(cheque,), queries=(query,), tax_awaited=(tax,))


def text_of(pdf: bytes) -> str:
    pages = pypdfium2.PdfDocument(pdf)
    return " ".join(page.get_textpage().get_text_range() for page in pages)


def test_a_payment_sheet_says_on_paper_what_is_owed_as_india_writes_it() -> None:
    pdf = rendered(a_sheet(), "pdf")

    text = text_of(pdf)
    assert all(
        words in text
        for words in (
            "Payment sheet",
            "Godavari Energy Enterprises",
            "₹ 84,34,567.50",
            "INV/2",
            "77,00,000.00",
            "26",
        )
    )
    assert rendered(a_sheet(), "pdf") == pdf


@pytest.mark.parametrize("language", ["hi", "mr"])
def test_it_speaks_the_reader_s_language(language: str) -> None:
    assert SHEET_WORDS[language]["title"][0] in text_of(rendered(a_sheet(), "pdf", language))
    assert all(words.keys() == SHEET_WORDS["en"].keys() for words in SHEET_WORDS.values())


def test_plan_and_memos_stand_on_paper_and_in_the_workbook() -> None:
    sheet = a_full_sheet()

    text = text_of(rendered(sheet, "pdf"))
    book = CalamineWorkbook.from_filelike(io.BytesIO(rendered(sheet, "xlsx", "hi")))

    said = (
        "Overdue: at once",
        "80,00,000.00",
        "90,00,000.00",
        "in hand, post-dated",
        "35,000.00",
        "our answer by",
    )
    assert [words for words in said if words not in text] == []
    words = SHEET_WORDS["hi"]
    plan = book.get_sheet_by_name(words["plan"]).to_python()
    assert plan[1][:6] == [words["at_once"], 2, 8_434_567.5, 434_567.5, 8_000_000, 8_000_000]
    assert plan[-1][4] == 9_000_000
    names = [words[name][:31] for name in ("tax_awaited", "cheques", "queries")]
    assert book.sheet_names[-3:] == names


def test_a_sheet_that_was_frozen_before_there_was_a_plan_is_set_as_well() -> None:
    content = frozen_content(a_sheet())
    for name in ("plan", "tax_awaited", "cheques", "queries"):
        del content[name]

    pdf = render(DocumentKind.PAYMENT_SHEET, content, ("pdf", "en"), sender="Sahyadri", made_at=AS_OF)

    assert "INV/2" in text_of(pdf)
    assert "to be paid" not in text_of(pdf)


def test_a_workbook_sums_its_columns_and_calculates_no_text() -> None:
    content = rendered(a_sheet("=cmd|' /C calc'!A0"), "xlsx")

    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    rows = book.get_sheet_by_name(SHEET_WORDS["en"]["invoices"]).to_python()
    assert rows[-1][7] == 8_434_567.5
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheets = [archive.read(f"xl/worksheets/sheet{number}.xml").decode() for number in (1, 2, 3)]
    formulas = [part.split("</f>")[0] for sheet in sheets for part in sheet.split("<f>")[1:]]
    assert formulas
    assert all(formula.startswith("SUBTOTAL(9,") for formula in formulas)
    assert all("<autoFilter" in sheet and 'state="frozen"' in sheet for sheet in sheets)
