"""An account statement as a workbook, from its content: a summary, and a sheet per table and currency.

Written row by row in constant memory, straight to the library: ten thousand movements are forty thousand numbers.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from io import BytesIO
from typing import Any, Final

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from services.payments.adapters.account_documents.labels import LABELS
from services.payments.adapters.account_documents.letterhead import Letterhead
from shared.documents.rupee_formats import number_format
from shared.documents.table import begins_like_a_formula
from shared.documents.xlsx_table import DIGITS_MAX

Words = Mapping[str, str]
Money = Mapping[str, str]
_DAY_WIDTH: Final = 12
_AMOUNT_WIDTH: Final = 18


def statement_xlsx(
    content: Mapping[str, Any],
    letterhead: Letterhead,
    *,
    language: str,
    made_at: datetime,
    letter: Mapping[str, Any] | None = None,
) -> bytes:
    """Totals are formulas whose stored values are the statement's own figures. `letter` adds a sheet in front."""
    words = LABELS[language]
    target = BytesIO()
    book = _Book(target, words)
    book.start(words[content["kind"]], letterhead, made_at)
    if letter is not None:
        _letter(book, letter, content["partner"], letterhead)
    _summary(book, content, letterhead)
    for section in content["sections"]:
        if content["kind"] == "activity":
            _movements(book, section)
        _open_items(book, section)
        _ageing(book, section)
        _memos(book, section)
    book.close()
    return target.getvalue()


class _Book:
    """The workbook with its few looks."""

    def __init__(self, target: BytesIO, words: Words) -> None:
        self.words = words
        self._book = xlsxwriter.Workbook(target, {"constant_memory": True})
        self.bold = self._book.add_format({"bold": True})
        self.title = self._book.add_format({"bold": True, "font_size": 14})
        self.head = self._book.add_format(
            {"bold": True, "bg_color": "#1F3864", "font_color": "#FFFFFF", "text_wrap": True, "valign": "top"}
        )
        self.day = self._book.add_format({"num_format": "dd-mm-yyyy", "align": "left"})
        self.wrapped = self._book.add_format({"text_wrap": True, "valign": "top"})
        self.boxed = self._book.add_format({"border": 1})
        self.ruled = self._book.add_format({"bottom": 1})
        self.harmless = self._book.add_format({"quote_prefix": True})
        self._amounts: dict[tuple[str, bool], Format] = {}
        self._by_length: dict[tuple[int, bool, str, bool], Format] = {}

    def start(self, title: str, letterhead: Letterhead, made_at: datetime) -> None:
        self._book.set_properties({"title": title, "author": letterhead.name, "created": made_at})

    def sheet(self, name: str, widths: Sequence[int]) -> Worksheet:
        sheet = self._book.add_worksheet(name[:31])
        for place, width in enumerate(widths):
            sheet.set_column(place, place, width)
        return sheet

    def table(self, name: str, titles: Sequence[str], widths: Sequence[int]) -> Worksheet:
        """A sheet whose head stays in sight."""
        sheet = self.sheet(name, widths)
        sheet.write_row(0, 0, titles, self.head)
        sheet.freeze_panes(1, 0)
        return sheet

    def money(
        self, sheet: Worksheet, row: int, column: int, amount: Money | None, *, is_bold: bool = False
    ) -> None:
        """Nothing for no amount; a text when a cell's number could not hold every digit."""
        if amount is None:
            return
        text = amount["amount"]
        if _is_exact(text):
            sheet.write_number(
                row, column, float(text), self.amount(text, amount["currency"], is_bold=is_bold)
            )
        else:
            sheet.write_string(row, column, text)

    def amount(self, text: str, currency: str, *, is_bold: bool = False) -> Format:
        """The format of an amount depends on its sign and length alone."""
        length = (len(text), text.startswith("-"), currency, is_bold)
        found = self._by_length.get(length)
        if found is None:
            shown = number_format(text, currency)
            looks = {"num_format": shown} | ({"bold": True, "top": 1} if is_bold else {})
            found = self._amounts.setdefault((shown, is_bold), self._book.add_format(looks))
            self._by_length[length] = found
        return found

    def text(self, sheet: Worksheet, row: int, column: int, text: str) -> None:
        sheet.write_string(row, column, text, self.harmless if begins_like_a_formula(text) else None)

    def date(self, sheet: Worksheet, row: int, column: int, day: str) -> None:
        sheet.write_datetime(row, column, datetime.fromisoformat(day), self.day)

    def total(self, sheet: Worksheet, rows: int, column: int, amount: Money) -> None:
        """The sum of the rows above as a formula, with the statement's own figure as its value."""
        letter = xl_col_to_name(column)
        if rows and _is_exact(amount["amount"]):
            sheet.write_formula(
                rows + 1, column, f"=SUM({letter}2:{letter}{rows + 1})",
                self.amount(amount["amount"], amount["currency"], is_bold=True), float(amount["amount"]),
            )  # fmt: skip
        else:
            self.money(sheet, rows + 1, column, amount, is_bold=True)

    def close(self) -> None:
        self._book.close()


def _is_exact(text: str) -> bool:
    return len(text) <= DIGITS_MAX or sum(char.isdigit() for char in text.lstrip("-0.")) <= DIGITS_MAX


def _letter(
    book: _Book, letter: Mapping[str, Any], partner: Mapping[str, str], letterhead: Letterhead
) -> None:
    """One page to print, sign and send back: boxes to tick, and lines to write on."""
    sheet = book.sheet(letter["name"], (4, 30, 56))
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 1)
    sheet.hide_gridlines(2)
    sheet.write_string(0, 0, letterhead.name, book.title)
    told = [line for line in letterhead.lines if line]
    told += ["", book.words["to"], partner["name"], f"{book.words['partner_code']}: {partner['code']}"]
    for row, line in enumerate(told, start=1):
        book.text(sheet, row, 0, line)
    row = len(told) + 2
    sheet.write_string(row, 0, letter["subject"], book.bold)
    for paragraph in letter["letter"]:
        row += 2
        _paragraph(book, sheet, row, 0, paragraph)
    for choice in letter["choices"]:
        row += 2
        sheet.write_blank(row, 0, None, book.boxed)
        _paragraph(book, sheet, row, 1, choice)
    row += 2
    _paragraph(book, sheet, row, 0, letter["closing"])
    for asked in letter["signature"]:
        row += 2
        sheet.write_string(row, 1, asked)
        sheet.write_blank(row, 2, None, book.ruled)


def _paragraph(book: _Book, sheet: Worksheet, row: int, column: int, text: str) -> None:
    """Across the page; a merged cell does not grow with its text, so its height is reckoned."""
    width = 90 if column == 0 else 86
    sheet.merge_range(row, column, row, 2, "", book.wrapped)
    sheet.write_string(row, column, text, book.wrapped)
    sheet.set_row(row, 18 * (1 + len(text) * 6 // (5 * width)))


def _summary(book: _Book, content: Mapping[str, Any], letterhead: Letterhead) -> None:
    words, partner = book.words, content["partner"]
    sheet = book.sheet(words[content["kind"]], (30, *[_AMOUNT_WIDTH + 2] * 4))
    sheet.write_string(0, 0, letterhead.name, book.title)
    pairs = [
        (words["to"], partner["name"]),
        (words["partner_code"], partner["code"]),
        ("GSTIN", partner["gstin"]),
        (words["number"], content.get("number", "")),
    ]
    row = 1
    for line in letterhead.lines:
        book.text(sheet, row, 0, line)
        row += 1
    for label, value in pairs:
        sheet.write_string(row + 1, 0, label, book.bold)
        book.text(sheet, row + 1, 1, value)
        row += 1
    sheet.write_string(row + 1, 0, words["period"], book.bold)
    book.date(sheet, row + 1, 1, content["from"])
    book.date(sheet, row + 1, 2, content["to"])
    row += 3
    sheet.write_row(
        row, 0, ["", words["opening"], words["debits"], words["credits_moved"], words["closing"]], book.head
    )
    for section in content["sections"]:
        row += 1
        sheet.write_string(row, 0, section["currency"], book.bold)
        totals = section["totals"]
        for column, amount in enumerate((section["opening"], totals["debit"], totals["credit"]), start=1):
            book.money(sheet, row, column, amount)
        closing = section["closing"]
        sheet.write_formula(
            row, 4, f"=B{row + 1}+C{row + 1}-D{row + 1}",
            book.amount(closing["amount"], closing["currency"], is_bold=True), float(closing["amount"]),
        )  # fmt: skip


def _movements(book: _Book, section: Mapping[str, Any]) -> None:
    words = book.words
    names = ("date", "particulars", "document", "reference", "debit", "credit", "balance")
    widths = (_DAY_WIDTH, 22, 28, 16, _AMOUNT_WIDTH, _AMOUNT_WIDTH, _AMOUNT_WIDTH)
    titles = [words[name] for name in names]
    sheet = book.table(f"{words['activity']} {section['currency']}", titles, widths)
    moved = section["movements"]
    for row, one in enumerate(moved, start=1):
        book.date(sheet, row, 0, one["on"])
        sheet.write_string(row, 1, words[one["kind"]])
        book.text(sheet, row, 2, one["document_number"])
        book.text(sheet, row, 3, one["reference"])
        book.money(sheet, row, 4, one["debit"])
        book.money(sheet, row, 5, one["credit"])
        book.money(sheet, row, 6, one["balance"])
    sheet.autofilter(0, 0, len(moved), len(titles) - 1)
    sheet.write_string(len(moved) + 1, 1, words["total"], book.bold)
    book.total(sheet, len(moved), 4, section["totals"]["debit"])
    book.total(sheet, len(moved), 5, section["totals"]["credit"])
    book.money(sheet, len(moved) + 1, 6, section["closing"], is_bold=True)


def _open_items(book: _Book, section: Mapping[str, Any]) -> None:
    words = book.words
    names = ("particulars", "document", "date", "due", "age", "amount", "open")
    widths = (18, 28, _DAY_WIDTH, _DAY_WIDTH, 10, _AMOUNT_WIDTH, _AMOUNT_WIDTH)
    titles = [words[name] for name in names]
    sheet = book.table(f"{words['open']} {section['currency']}", titles, widths)
    items = section["open_items"]
    for row, one in enumerate(items, start=1):
        sheet.write_string(row, 0, words[one["kind"]])
        book.text(sheet, row, 1, one["document_number"])
        book.date(sheet, row, 2, one["document_on"])
        book.date(sheet, row, 3, one["due_on"])
        sheet.write_number(row, 4, one["age_days"])
        book.money(sheet, row, 5, one["original"])
        book.money(sheet, row, 6, one["open"])
    sheet.autofilter(0, 0, len(items), len(titles) - 1)
    sheet.write_string(len(items) + 1, 0, words["total"], book.bold)
    book.total(sheet, len(items), 6, section["closing"])


def _ageing(book: _Book, section: Mapping[str, Any]) -> None:
    words, told = book.words, section["ageing"]
    title = words["ageing_due" if told["by"] == "due" else "ageing_document"]
    sheet = book.table(
        f"{words['age']} {section['currency']}".replace("(", "").replace(")", ""),
        [title, words["amount"]],
        (36, _AMOUNT_WIDTH),
    )
    row = 0
    for row, bucket in enumerate(told["buckets"], start=1):
        label = words["not_due"] if bucket["label"] == "not_due" else f"{bucket['label']} {words['days']}"
        sheet.write_string(row, 0, label)
        book.money(sheet, row, 1, bucket["amount"])
    owed = {**told["credits"], "amount": _negative(told["credits"]["amount"])}
    sheet.write_string(row + 1, 0, words["unused"])
    book.money(sheet, row + 1, 1, owed)
    sheet.write_string(row + 2, 0, words["total"], book.bold)
    book.total(sheet, row + 1, 1, told["total"])


def _memos(book: _Book, section: Mapping[str, Any]) -> None:
    words, currency = book.words, section["currency"]
    if section["cheques"]:
        titles = [words[name] for name in ("cheque", "bank", "received", "cheque_date", "amount")]
        sheet = book.table(f"{words['cheque']} {currency}", titles, (12, 36, 14, 14, _AMOUNT_WIDTH))
        for row, one in enumerate(section["cheques"], start=1):
            book.text(sheet, row, 0, one["cheque_number"])
            book.text(sheet, row, 1, one["drawee_bank"])
            book.date(sheet, row, 2, one["received_on"])
            book.date(sheet, row, 3, one["cheque_on"])
            book.money(sheet, row, 4, one["amount"])
        book.total(sheet, len(section["cheques"]), 4, section["cheques_total"])
    if section["certificates_awaited"]:
        titles = [words[name] for name in ("deducted", "kind", "document", "amount")]
        sheet = book.table(f"{words['deduction']} {currency}", titles, (14, 16, 28, _AMOUNT_WIDTH))
        for row, one in enumerate(section["certificates_awaited"], start=1):
            book.date(sheet, row, 0, one["deducted_on"])
            book.text(sheet, row, 1, one["kind"])
            book.text(sheet, row, 2, one["document_number"])
            book.money(sheet, row, 3, one["amount"])
        book.total(sheet, len(section["certificates_awaited"]), 3, section["certificates_total"])


def _negative(amount: str) -> str:
    return amount if not amount.strip("0.") else f"-{amount}"
