"""A credit note as a workbook: what the note says as a whole, and a sheet of its lines that sums itself.

It says all that the law asks for but for the signature; the portal's QR code is on the PDF, which is what is signed.
"""

import textwrap
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import Final

from services.payments.adapters.note_documents.content import Party, SaidLine, SaidNote
from services.payments.adapters.note_documents.layout import (
    Pairs,
    Words,
    facts_of,
    notes_of,
    registration_text,
    taxes_of,
    title_of,
    totals_of,
)
from services.payments.adapters.note_documents.note_words import NOTE_WORDS
from services.payments.adapters.note_documents.number_words import spelt_amount
from services.payments.adapters.note_documents.state_words import state_text
from shared.documents.table import Amount, Cell, Column, ColumnSum, Kind
from shared.documents.xlsx_table import Workbook

_LINE_LENGTH_MAX: Final = 100
_SMALL_LINES_MAX: Final = 2_000  # about 10 MiB while it is set


def note_xlsx(note: SaidNote, *, language: str, made_at: datetime) -> bytes:
    """The same content, language and instant give the same bytes."""
    words, target = NOTE_WORDS[language], BytesIO()
    is_small = len(note.lines) <= _SMALL_LINES_MAX
    book = Workbook(
        target, title=f"{title_of(note, words)} {note.number}", made_at=made_at, is_small=is_small
    )
    try:
        _summary(book, note, language)
        _lines(book, note, words)
        book.close()
    except BaseException:
        book.discard()
        raise
    return target.getvalue()


def _summary(book: Workbook, note: SaidNote, language: str) -> None:
    words = NOTE_WORDS[language]
    heading: Pairs = [
        (title_of(note, words), words["gst_subtitle" if note.is_gst else "commercial_subtitle"])
    ]
    heading += [("", words["cancelled"])] if note.is_cancelled else []
    heading += _party(words["supplier"], note.supplier, language)
    heading += _party(words["recipient"], note.recipient, language)
    heading += facts_of(note, language)
    heading += _registration(note, words)
    heading.append((words["in_words"], spelt_amount(note.total_minor, note.currency, language)))
    heading += [("", text) for text in notes_of(note, words)]
    heading.append((words["authorised"], words["signatory"].format(name=note.supplier.name)))
    columns = (Column("label", Kind.TEXT, words["total"]), Column("amount", Kind.MONEY, words["amount"]))
    sheet = book.sheet(
        words["gst_nature" if note.is_gst else "commercial_nature"][:31], columns, _in_lines(heading)
    )
    *parts, (last, credited) = totals_of(note, words)
    sheet.write([[name, Amount.of(minor, note.currency)] for name, minor in parts])
    sheet.write_total([last, Amount.of(credited, note.currency)])


def _party(label: str, party: Party, language: str) -> Pairs:
    words = NOTE_WORDS[language]
    told = [
        (label, party.name),
        (words["partner_code"], party.partner_code),
        (words["address"], party.address),
        (words["state"], state_text(party.state_code, language)),
        ("GSTIN/UIN" if party.partner_code else "GSTIN", party.gstin or words["unregistered"]),
    ]
    return [(name, text) for name, text in told if text]


def _registration(note: SaidNote, words: Words) -> Pairs:
    if note.registration is None:
        return []
    text = registration_text(note.registration, words)
    if not note.registration.irn:
        return [("IRN", text)]
    return [("IRN", note.registration.irn), ("", text)]


def _in_lines(pairs: Pairs) -> Pairs:
    """A long text goes on in the rows below: a sheet is printed as wide as its longest line."""
    lines: Pairs = []
    for label, text in pairs:
        first, *more = textwrap.wrap(text, _LINE_LENGTH_MAX) or [""]
        lines += [(label, first), *(("", line) for line in more)]
    return lines


def _lines(book: Workbook, note: SaidNote, words: Words) -> None:
    taxes = taxes_of(note)
    columns = [
        Column("position", Kind.INTEGER, words["position"]),
        Column("invoice", Kind.TEXT, words["invoice"]),
        Column("invoice_on", Kind.DATE, words["invoice_on"]),
        Column("description", Kind.TEXT, words["description"]),
    ]
    if note.is_gst:
        columns += [
            Column("hsn", Kind.TEXT, "HSN"),
            Column("quantity", Kind.DECIMAL, words["quantity"]),
            Column("unit", Kind.TEXT, words["unit"]),
            Column("rate", Kind.DECIMAL, f"{words['rate']} %"),
            Column("taxable", Kind.MONEY, words["taxable"]),
            *(Column(name, Kind.MONEY, words[name]) for name in taxes),
        ]
    columns.append(Column("total", Kind.MONEY, words["total" if note.is_gst else "amount"]))
    sheet = book.sheet(words["lines"], columns)
    sheet.write([_row(line, note, taxes) for line in note.lines])
    sheet.write_total(_sums(note, taxes, words))


def _row(line: SaidLine, note: SaidNote, taxes: Sequence[str]) -> list[Cell]:
    cells: list[Cell] = [line.position, line.invoice_number or None, line.invoice_issued_on, line.description]
    if note.is_gst:
        amounts = (line.taxable_minor, *(getattr(line, f"{name}_minor") for name in taxes))
        cells += [line.hsn, line.quantity, line.unit, line.tax_rate * 100]
        cells += [Amount.of(minor, note.currency) for minor in amounts]
    return [*cells, Amount.of(line.total_minor, note.currency)]


def _sums(note: SaidNote, taxes: Sequence[str], words: Words) -> list[Cell]:
    if not note.is_gst:
        return [words["total"], None, None, None, ColumnSum(Amount.of(note.total_minor, note.currency))]
    sums = (note.taxable_minor, *(getattr(note, f"{name}_minor") for name in taxes), note.total_minor)
    return [words["total"], *[None] * 7, *(ColumnSum(Amount.of(minor, note.currency)) for minor in sums)]
