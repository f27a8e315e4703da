"""Workbooks: layouts of Indian banks by meaning, cell types, and archives that must not be unpacked."""

import struct
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from io import BytesIO

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from xlsxwriter.worksheet import Worksheet

from services.payments.adapters.statement_formats import StatementFormat, detect_format
from services.payments.domain.bank_statement import Balance
from services.payments.domain.errors import StatementUnreadable
from shared.errors import Refusal
from tests.unit.payments.statement_formats.factories import Statement, statement_of

HDFC = ("Date", "Narration", "Chq./Ref.No.", "Value Dt", "Withdrawal Amt.", "Deposit Amt.", "Closing Balance")
FIRST = (date(2026, 5, 1), "RTGS CR-ALPHA", "UTR1", date(2026, 5, 2), None, 412037.16, 1412037.16)


def sheet_file(
    *rows: Sequence[object], fill: Callable[[Worksheet], object] | None = None, is_1904: bool = False
) -> bytes:
    content = BytesIO()
    with xlsxwriter.Workbook(
        content, {"in_memory": True, "date_1904": is_1904, "default_date_format": "dd/mm/yy"}
    ) as book:
        sheet = book.add_worksheet("Statement")
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                if value is not None:
                    sheet.write(number, column, value)
        if fill is not None:
            fill(sheet)
    return content.getvalue()


def read(*rows: Sequence[object]) -> Statement:
    return xlsx_statement(sheet_file(*rows))


def xlsx_statement(content: bytes) -> Statement:
    return statement_of(content, StatementFormat.XLSX)


def changed(content: bytes, **replaced: bytes | None) -> bytes:
    """The archive with entries replaced or, when None, left out; '_' stands for '/' and '__' for '.' in names."""
    names = {name.replace("__", ".").replace("_", "/"): data for name, data in replaced.items()}
    changed_file = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(content)) as old,
        zipfile.ZipFile(changed_file, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for entry in old.infolist():
            data = names.pop(entry.filename, old.read(entry))
            if data is not None:
                new.writestr(entry.filename, data)
        for name, data in names.items():
            new.writestr(name, data or b"")
    return changed_file.getvalue()


def test_row_is_read_with_typed_dates_and_exact_amounts() -> None:
    line = read(HDFC, FIRST).line

    assert (line.booked_on, line.value_on) == (date(2026, 5, 1), date(2026, 5, 2))
    assert (line.amount_minor, line.running_balance_minor) == (41203716, 141203716)
    assert (line.narration, line.bank_reference) == ("RTGS CR-ALPHA", "UTR1")
    assert line.raw == "01/05/2026\tRTGS CR-ALPHA\tUTR1\t02/05/2026\t\t412037.16\t1412037.16"


LAYOUTS = {
    "HDFC": (HDFC, ("01/05/26", "NEFT CR-A", "REF", "01/05/26", None, "4,12,037.16", "4,12,037.16")),
    "ICICI": (
        ("S No.", "Value Date", "Transaction Date", "Cheque Number", "Transaction Remarks",
         "Withdrawal Amount (INR )", "Deposit Amount (INR )", "Balance (INR )"),
        ("1", "01/05/2026", "01/05/2026", "REF", "NEFT CR-A", "0.00", "412037.16", "412037.16"),
    ),
    "SBI": (
        ("Txn Date", "Value Date", "Description", "Ref No./Cheque No.", "Branch Code", "Debit", "Credit", "Balance"),
        (date(2026, 5, 1), date(2026, 5, 1), "NEFT CR-A", "REF", 99922, None, 412037.16, 412037.16),
    ),
    "Axis": (
        ("Tran Date", "CHQNO", "PARTICULARS", "DR", "CR", "BAL", "SOL"),
        ("01-05-2026", "REF", "NEFT CR-A", None, 412037.16, 412037.16, 248),
    ),
    "Axis corporate": (
        ("Transaction Date", "Transaction Id", "Particulars", "Chq No", "Amount (INR)", "Dr/Cr", "Balance (INR)"),
        ("01/05/2026", "S1", "NEFT CR-A", "REF", "4,12,037.16", "CR", "4,12,037.16"),
    ),
    "Kotak": (
        ("Date", "Narration", "Chq/Ref No", "Withdrawal (Dr)/Deposit (Cr)", "Balance"),
        ("01-05-2026", "NEFT CR-A", "REF", "4,12,037.16(Cr)", "4,12,037.16(Cr)"),
    ),
    "Kotak amounts": (
        ("Sl. No.", "Date", "Description", "Chq / Ref number", "Amount", "Dr / Cr", "Balance", "Dr / Cr"),
        (1, datetime.fromisoformat("2026-05-01T10:31"), "NEFT CR-A", "REF", 412037.16, "CR", 412037.16, "CR"),
    ),
    "by meaning": (
        ("Posting Date", "Transaction Details", "Instrument No", "Amount Debited", "Amount Credited", "Running Balance"),
        ("1 May 2026", "NEFT CR-A", "REF", "-", "₹ 4,12,037.16", "4,12,037.16 CR"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("bank", LAYOUTS)
def test_layout_of_every_bank_is_read_by_the_meaning_of_its_headings(bank: str) -> None:
    line = read(("Account No :", "50100099"), (), *LAYOUTS[bank]).line

    assert (line.booked_on, line.amount_minor) == (date(2026, 5, 1), 41203716)
    assert (line.narration, line.bank_reference, line.running_balance_minor) == ("NEFT CR-A", "REF", 41203716)


def test_preamble_totals_legend_and_empty_rows_are_no_entries() -> None:
    statement = read(
        ("HDFC BANK Ltd.",), ("Account No :", "XXXXXX4821"), (), HDFC, FIRST, (),
        ("********",), ("STATEMENT SUMMARY :-",), ("Opening Balance", "Debits", "Credits"), (1000000, 0, 412037.16),
        ("Legends :",), ("NEFT", "National Electronic Funds Transfer"),
    )  # fmt: skip

    assert statement.opened[0].account_number == "XXXXXX4821"
    assert statement.line.amount_minor == 41203716
    assert statement.balance_differences == [0]


def test_newest_first_is_yielded_oldest_first() -> None:
    newest = (date(2026, 5, 3), "CHARGES", "", date(2026, 5, 3), 37.16, None, 1412000)

    statement = read(HDFC, newest, FIRST)

    assert [(line.line_number, line.amount_minor) for line in statement.lines] == [(2, 41203716), (1, -3716)]
    assert statement.closed[0].closing == Balance(141200000, "INR", date(2026, 5, 3))


@pytest.mark.parametrize(
    ("number", "minor"),
    [(412037.16, 41203716), (0.1 + 0.2, 30), (100, 10000), (1e7, 10**9), (99999999999.99, 9999999999999)],
)
def test_binary_numbers_are_what_the_sheet_shows(number: float, minor: int) -> None:
    assert read(HDFC, (*FIRST[:5], number, None)).line.amount_minor == minor


def test_number_with_a_part_of_a_paisa_is_rejected() -> None:
    rejected = read(HDFC, (*FIRST[:5], 12.345, None)).rejection

    assert rejected.code == "invalid_amount"
    assert "file line 2" in rejected.detail


def test_cheque_number_kept_as_a_number_is_a_text_again() -> None:
    assert read(HDFC, (*FIRST[:2], 612612345678, *FIRST[3:])).line.bank_reference == "612612345678"


def test_formula_counts_as_its_stored_result_and_is_never_computed() -> None:
    content = sheet_file(
        HDFC, FIRST[:5], fill=lambda sheet: sheet.write_formula(1, 5, "=1+1", None, 412037.16)
    )

    assert xlsx_statement(content).line.amount_minor == 41203716


def test_formula_without_a_stored_result_is_an_entry_without_its_amount() -> None:
    content = sheet_file(HDFC, FIRST[:5], fill=lambda sheet: sheet.write_formula(1, 5, "=1+1", None, ""))

    assert xlsx_statement(content).rejection.code == "invalid_amount"


def test_days_since_1904_are_read() -> None:
    assert xlsx_statement(sheet_file(HDFC, FIRST, is_1904=True)).line.booked_on == date(2026, 5, 1)


def test_cells_right_of_the_headings_belong_to_no_entry() -> None:
    assert read(HDFC, (*FIRST, "checked by Asha", 5)).line.amount_minor == 41203716


def test_every_visible_sheet_with_headings_is_a_part() -> None:
    content = BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        cover, april, hidden, may = (book.add_worksheet(name) for name in ("Cover", "April", "Draft", "May"))
        cover.write(0, 0, "Statements of the year")
        for sheet, day in ((april, "01/04/2026"), (hidden, "02/04/2026"), (may, "01/05/2026")):
            sheet.write_row(0, 0, HDFC)
            sheet.write_row(1, 0, (day, "NEFT CR-A", "", day, "", "5.00", "5.00"))
        hidden.hide()

    statement = xlsx_statement(content.getvalue())

    assert [(line.part_number, line.line_number, line.booked_on.month) for line in statement.lines] == [
        (1, 1, 4), (2, 2, 5),
    ]  # fmt: skip


def test_workbook_is_recognised_by_its_content() -> None:
    assert detect_format(sheet_file(HDFC, FIRST)) is StatementFormat.XLSX


GOOD = sheet_file(HDFC, FIRST)


def zip_bomb() -> bytes:
    return changed(GOOD, xl_worksheets_sheet1__xml=b"<worksheet>" + b" " * (2 << 20) + b"</worksheet>")


def many_entries() -> bytes:
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for number in range(1_001):
            archive.writestr(f"xl/{number}", b"")
    return content.getvalue()


def outside_name() -> bytes:
    return changed(GOOD).replace(b"xl/theme/theme1.xml", b"xl/../../theme1.xml")


def encrypted() -> bytes:
    content = bytearray(GOOD)
    at = content.find(b"PK\x01\x02")
    struct.pack_into("<H", content, at + 8, 1)
    return bytes(content)


def lost_entry() -> bytes:
    """The directory says that the sheet begins far behind the end of the file."""
    content = bytearray(GOOD)
    at = content.rfind(b"xl/worksheets/sheet1.xml") - 46
    struct.pack_into("<I", content, at + 42, 0x7FFFFFF0)
    return bytes(content)


def shared(*texts: str) -> bytes:
    return f"<sst>{''.join(f'<si><t>{text}</t></si>' for text in texts)}</sst>".encode()


def cells(*written: str) -> bytes:
    return f"<worksheet><sheetData><row>{''.join(written)}</row></sheetData></worksheet>".encode()


@pytest.mark.parametrize(
    ("write", "expected"),
    [
        (zip_bomb, "more than 100 times its size"),
        (many_entries, "1001 entries"),
        (outside_name, "points outside"),
        (encrypted, "protected by a password"),
        (lost_entry, "cannot be unpacked"),
        (lambda: GOOD[:-40], "no directory"),
        (lambda: GOOD[: len(GOOD) // 2], "no directory"),
        (lambda: changed(GOOD, xl_workbook__xml=None), "holds no xl/workbook.xml"),
        (lambda: changed(GOOD, xl_worksheets_sheet1__xml=b"<worksheet><sheetData>"), "line 1 of xl/worksheets/sheet1.xml"),
        (lambda: changed(GOOD, xl_worksheets_sheet1__xml=b"<!DOCTYPE a><worksheet/>"), "document type"),
        (lambda: changed(GOOD, xl_sharedStrings__xml=b'<!DOCTYPE a [<!ENTITY b "c">]><sst/>'), "document type"),
        (lambda: changed(GOOD, xl_worksheets_sheet1__xml=b"<a>" * 70), "nests more than 64"),
        (lambda: changed(GOOD, xl_worksheets_sheet1__xml=cells('<c r="XFD1"><v>1</v></c>')), "at most 256 columns"),
        (lambda: changed(GOOD, xl_worksheets_sheet1__xml=cells("<c><v>1</v></c>" * 300)), "at most 256 columns"),
        (lambda: changed(GOOD, xl_worksheets_sheet1__xml=cells('<c t="s"><v>99</v></c>')), "row 1 of the sheet: expected"),
        (
            lambda: changed(GOOD, xl_sharedStrings__xml=shared("x" * 30_000),
                            xl_worksheets_sheet1__xml=cells('<c t="s"><v>0</v></c>' * 2)),
            "at most 50,000 characters in a row",
        ),
        (lambda: sheet_file(("Cover",)), "no sheet of the workbook holds a statement"),
    ],
)  # fmt: skip
def test_workbook_that_is_none_or_a_trap_is_refused(write: Callable[[], bytes], expected: str) -> None:
    with pytest.raises(StatementUnreadable, match=expected):
        xlsx_statement(write())


def test_declared_encoding_is_of_no_account() -> None:
    declared = b'<?xml version="1.0" encoding="UTyes"?><worksheet/>'

    with pytest.raises(StatementUnreadable, match="no sheet"):
        xlsx_statement(changed(GOOD, xl_worksheets_sheet1__xml=declared))


def test_sheet_that_claims_its_last_cell_is_far_away_costs_nothing() -> None:
    far = changed(GOOD, xl_worksheets_sheet1__xml=b'<worksheet><dimension ref="A1:XFD1048576"/><sheetData>'
                  b'<row r="1048576"><c r="A1048576" t="str"><v>x</v></c></row></sheetData></worksheet>')  # fmt: skip

    with pytest.raises(StatementUnreadable, match="no sheet"):
        xlsx_statement(far)


@settings(deadline=None)
@given(st.data())
def test_damaged_workbook_ends_in_a_refusal_or_in_numbered_lines(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(GOOD)))
    damaged = GOOD[:start] + data.draw(st.binary(max_size=8)) + GOOD[start + data.draw(st.integers(0, 40)) :]

    try:
        statement = xlsx_statement(damaged)
    except Refusal:
        return

    assert len(statement.opened) == len(statement.closed)


@given(st.binary(max_size=400))
def test_sheet_of_any_bytes_ends_in_a_refusal(markup: bytes) -> None:
    with pytest.raises(Refusal):
        xlsx_statement(changed(GOOD, xl_worksheets_sheet1__xml=markup))
