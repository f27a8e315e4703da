"""Documents as partners get them: pages that can be read in three languages, workbooks that calculate."""

import io
import zipfile
from datetime import UTC, date, datetime

import pypdfium2
import pytest
from python_calamine import CalamineWorkbook

from services.partners.adapters.partner_documents.rendering import frozen_content, render
from services.partners.adapters.partner_documents.sheet_words import SHEET_WORDS
from services.partners.domain.document import DocumentKind
from services.partners.domain.payment_sheet import (
    PaymentSheet,
    Settlement,
    SheetInvoice,
    SheetReceipt,
    SheetTotals,
)

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


def test_a_workbook_sums_its_columns_and_calculates_no_text() -> None:
    content = rendered(a_sheet("=cmd|' /C calc'!A0"), "xlsx")

    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    rows = book.get_sheet_by_name("Invoices").to_python()
    assert rows[-1][7] == 8_434_567.5
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheets = [archive.read(f"xl/worksheets/sheet{number}.xml").decode() for number in (1, 2, 3)]
    formulas = [part.split("</f>")[0] for sheet in sheets for part in sheet.split("<f>")[1:]]
    assert formulas
    assert all(formula.startswith("SUBTOTAL(9,") for formula in formulas)
    assert all("<autoFilter" in sheet and 'state="frozen"' in sheet for sheet in sheets)
