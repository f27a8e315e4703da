"""A payment sheet laid out: the sums, what is owed, what was paid, and the credits."""

from collections.abc import Callable, Mapping, Sequence

from services.partners.adapters.partner_documents.cell_text import cell_text, day_text
from services.partners.adapters.partner_documents.layout import Card, Heading, LaidTable, Layout
from services.partners.adapters.partner_documents.sheet_memo_tables import (
    memo_tables,
    plan_table,
    query_tables,
)
from services.partners.adapters.partner_documents.sheet_words import SHEET_WORDS
from services.partners.domain.payment_sheet import (
    PaymentSheet,
    Settlement,
    SheetCreditNote,
    SheetInvoice,
    SheetReceipt,
    SheetTotals,
)
from shared.documents.table import Amount, Cell, Column, ColumnSum, Kind, Row

Words = Mapping[str, str]


def payment_sheet_layout(sheet: PaymentSheet, *, sender: str, language: str) -> Layout:
    """Tables are per currency, so that no sum mixes any."""
    words = SHEET_WORDS[language]
    currencies = [totals.currency for totals in sheet.totals] or ["INR"]
    lines = [sheet.city, f"{words['partner_code']}: {sheet.partner_code}"]
    lines.append(f"GSTIN: {sheet.gstin}" if sheet.gstin else None)
    proved_at = sheet.proof.told_at if sheet.proof and sheet.proof.is_equal else None
    facts = (
        (words["as_of"], cell_text(sheet.as_of)),
        *([(words["proved_at"], cell_text(proved_at))] if proved_at else []),
        (words["overdue_on"], day_text(sheet.overdue_on)),
        (words["receipts_since"], day_text(sheet.receipts_since)),
    )
    tables = [
        table
        for currency in currencies
        for table in _tables(sheet, words, currency, f" {currency}" if len(currencies) > 1 else "")
    ]
    notes = [words["formula"], *([words["cheque_memo"]] if sheet.cheques else [])]
    return Layout(
        language=language,
        title=words["title"],
        sender=sender,
        partner_name=sheet.partner_name,
        partner_lines=[line for line in lines if line],
        to_label=words["to"],
        page_label=words["page"],
        facts=facts,
        summaries=[_cards(totals, words) for totals in sheet.totals],
        tables=[*tables, *query_tables(sheet, words)],
        notes=[*notes, *([] if sheet.is_complete else [words["cut"]])],
    )


def _tables(sheet: PaymentSheet, words: Words, currency: str, mark: str) -> list[LaidTable]:
    """Sheets frozen before there was a plan have none, whatever was open."""
    is_open = any(one.open_minor > 0 for one in sheet.invoices if one.currency == currency)
    plan = [plan_table(sheet, words, currency, mark)]
    return [
        *(table for table in plan if table.rows or not is_open),
        *(table(sheet, words, currency, mark) for table in (_invoices, _receipts, _notes)),
        *memo_tables(sheet, words, currency, mark),
    ]


def _cards(totals: SheetTotals, words: Words) -> Sequence[Card]:
    def amount(minor: int) -> Amount:
        return Amount.of(minor, totals.currency)

    return (
        Card(words["open"], amount(totals.open_minor)),
        Card(words["overdue"], amount(totals.overdue_minor)),
        Card(words["advances"], amount(totals.advances_minor)),
        Card(words["credit_notes"], amount(totals.credit_notes_minor)),
        Card(words["net_to_pay"], amount(totals.net_to_pay_minor), is_main=True),
    )


def _invoices(sheet: PaymentSheet, words: Words, currency: str, mark: str) -> LaidTable:
    invoices = [one for one in sheet.invoices if one.currency == currency]
    overdue = [invoice.overdue_days(sheet.overdue_on) for invoice in invoices]
    return LaidTable(
        name=words["invoices"] + mark,
        title=words["invoices"] + mark,
        headings=(
            Heading(Column("number", Kind.TEXT, words["number"]), "1fr"),
            Heading(Column("issued_on", Kind.DATE, words["date"])),
            Heading(Column("due_on", Kind.DATE, words["due"])),
            *(_money(name, words) for name in ("total", "received", "credited", "deducted", "open")),
            Heading(Column("overdue_days", Kind.INTEGER, words["overdue_days"]), is_right=True),
        ),
        rows=[
            (
                invoice.number,
                invoice.issued_on,
                invoice.due_on,
                *(Amount.of(minor(invoice), currency) for minor in _INVOICE_AMOUNTS),
                days or None,
            )
            for invoice, days in zip(invoices, overdue, strict=True)
        ],
        sums=(words["total"], None, None, *_sums(invoices, _INVOICE_AMOUNTS, currency), None),
        empty=words["no_invoices"],
        marked=frozenset(place for place, days in enumerate(overdue) if days),
    )


def _receipts(sheet: PaymentSheet, words: Words, currency: str, mark: str) -> LaidTable:
    receipts = [one for one in sheet.receipts if one.currency == currency]
    return LaidTable(
        name=words["receipts"] + mark,
        title=words["receipts"] + mark,
        headings=(
            Heading(Column("received_on", Kind.DATE, words["date"])),
            Heading(Column("reference", Kind.TEXT, words["reference"]), "1fr"),
            Heading(Column("rail", Kind.TEXT, words["rail"])),
            Heading(Column("settles", Kind.TEXT, words["settles"]), "1.6fr"),
            _money("amount", words),
            _money("on_account", words),
        ),
        rows=[_receipt_row(one, words) for one in receipts],
        sums=(words["total"], None, None, None, *_sums(receipts, _RECEIPT_AMOUNTS, currency)),
        empty=words["no_receipts"],
        marked=frozenset(place for place, one in enumerate(receipts) if one.reversed_on),
    )


def _receipt_row(receipt: SheetReceipt, words: Words) -> Row:
    settles = _settled(receipt.settlements, receipt.currency)
    if receipt.reversed_on:
        settles = f"{words['reversed']} {day_text(receipt.reversed_on)}"
    amounts = (Amount.of(minor(receipt), receipt.currency) for minor in _RECEIPT_AMOUNTS)
    return (receipt.received_on, receipt.reference, receipt.rail, settles, *amounts)


def _notes(sheet: PaymentSheet, words: Words, currency: str, mark: str) -> LaidTable:
    notes = [one for one in sheet.credit_notes if one.currency == currency]
    return LaidTable(
        name=words["credit_notes"] + mark,
        title=words["credit_notes"] + mark,
        headings=(
            Heading(Column("number", Kind.TEXT, words["number"]), "1fr"),
            Heading(Column("issued_on", Kind.DATE, words["date"])),
            Heading(Column("kind", Kind.TEXT, words["kind"])),
            Heading(Column("used_for", Kind.TEXT, words["used"]), "1.6fr"),
            *(_money(name, words) for name in ("total", "refunded", "unused")),
        ),
        rows=[
            (
                note.number or words["in_work"],
                note.issued_on,
                words.get(note.note_type, note.note_type),
                _settled(note.settlements, currency),
                *(Amount.of(minor(note), currency) for minor in _NOTE_AMOUNTS),
            )
            for note in notes
        ],
        sums=(words["total"], None, None, None, *_sums(notes, _NOTE_AMOUNTS, currency)),
        empty=words["no_notes"],
    )


def _settled(settlements: Sequence[Settlement], currency: str) -> str:
    return "; ".join(
        f"{one.invoice_number} {cell_text(Amount.of(one.amount_minor, currency))}"
        + ("" if one.kind == "money" else f" ({one.kind.upper()})")
        for one in settlements
    )


def _money(name: str, words: Words) -> Heading:
    return Heading(Column(name, Kind.MONEY, words[name]), is_right=True)


def _sums(
    lines: Sequence[SheetInvoice] | Sequence[SheetReceipt] | Sequence[SheetCreditNote],
    amounts: Sequence[Callable[..., int]],
    currency: str,
) -> list[Cell]:
    return [ColumnSum(Amount.of(sum(minor(line) for line in lines), currency)) for minor in amounts]


def _open(invoice: SheetInvoice) -> int:
    return max(0, invoice.open_minor)


_INVOICE_AMOUNTS: Sequence[Callable[[SheetInvoice], int]] = (
    lambda one: one.total_minor,
    lambda one: one.received_minor,
    lambda one: one.credited_minor,
    lambda one: one.deducted_minor,
    _open,
)


def _kept(receipt: SheetReceipt) -> int:
    """A receipt that was taken back counts nothing."""
    return 0 if receipt.reversed_on else receipt.amount_minor


_RECEIPT_AMOUNTS: Sequence[Callable[[SheetReceipt], int]] = (
    _kept,
    lambda one: 0 if one.reversed_on else one.on_account_minor,
)
_NOTE_AMOUNTS: Sequence[Callable[[SheetCreditNote], int]] = (
    lambda one: one.total_minor,
    lambda one: one.refunded_minor,
    lambda one: one.unused_minor,
)
