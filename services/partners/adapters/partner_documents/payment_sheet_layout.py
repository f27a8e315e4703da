"""A payment sheet laid out: the sums, what is owed, what was paid, and the credits."""

from collections.abc import Sequence

from services.partners.adapters.partner_documents.cell_text import cell_text, day_text
from services.partners.adapters.partner_documents.layout import Card, LaidTable, Layout, Words
from services.partners.adapters.partner_documents.sheet_memo_tables import (
    memo_tables,
    plan_table,
    query_tables,
)
from services.partners.adapters.partner_documents.sheet_words import SHEET_WORDS
from services.partners.adapters.partner_documents.table_shape import Shown, Summed, TableShape
from services.partners.domain.payment_sheet import (
    PaymentSheet,
    Settlement,
    SheetCreditNote,
    SheetInvoice,
    SheetReceipt,
    SheetTotals,
)
from shared.documents.table import Amount, Kind


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
    def overdue_days(invoice: SheetInvoice) -> int | None:
        return invoice.overdue_days(sheet.overdue_on) or None

    shape: TableShape[SheetInvoice] = TableShape(
        name="invoices",
        columns=(
            Shown("number", Kind.TEXT, lambda one: one.number, "1fr"),
            Shown("date", Kind.DATE, lambda one: one.issued_on),
            Shown("due", Kind.DATE, lambda one: one.due_on),
            Summed("total", lambda one: one.total_minor),
            Summed("received", lambda one: one.received_minor),
            Summed("credited", lambda one: one.credited_minor),
            Summed("deducted", lambda one: one.deducted_minor),
            Summed("open", lambda one: max(0, one.open_minor)),
            Shown("overdue_days", Kind.INTEGER, overdue_days),
        ),
        empty="no_invoices",
        is_marked=lambda one: overdue_days(one) is not None,
    )
    invoices = [one for one in sheet.invoices if one.currency == currency]
    return shape.of(invoices, words, currency=currency, mark=mark)


def _receipts(sheet: PaymentSheet, words: Words, currency: str, mark: str) -> LaidTable:
    """A receipt that was taken back counts nothing."""

    def settles(receipt: SheetReceipt) -> str:
        if receipt.reversed_on:
            return f"{words['reversed']} {day_text(receipt.reversed_on)}"
        return _settled(receipt.settlements, currency)

    shape: TableShape[SheetReceipt] = TableShape(
        name="receipts",
        columns=(
            Shown("date", Kind.DATE, lambda one: one.received_on),
            Shown("reference", Kind.TEXT, lambda one: one.reference, "1fr"),
            Shown("rail", Kind.TEXT, lambda one: one.rail),
            Shown("settles", Kind.TEXT, settles, "1.6fr"),
            Summed("amount", lambda one: 0 if one.reversed_on else one.amount_minor),
            Summed("on_account", lambda one: 0 if one.reversed_on else one.on_account_minor),
        ),
        empty="no_receipts",
        is_marked=lambda one: one.reversed_on is not None,
    )
    receipts = [one for one in sheet.receipts if one.currency == currency]
    return shape.of(receipts, words, currency=currency, mark=mark)


def _notes(sheet: PaymentSheet, words: Words, currency: str, mark: str) -> LaidTable:
    shape: TableShape[SheetCreditNote] = TableShape(
        name="credit_notes",
        columns=(
            Shown("number", Kind.TEXT, lambda one: one.number or words["in_work"], "1fr"),
            Shown("date", Kind.DATE, lambda one: one.issued_on),
            Shown("kind", Kind.TEXT, lambda one: words.get(one.note_type, one.note_type)),
            Shown("used", Kind.TEXT, lambda one: _settled(one.settlements, currency), "1.6fr"),
            Summed("total", lambda one: one.total_minor),
            Summed("refunded", lambda one: one.refunded_minor),
            Summed("unused", lambda one: one.unused_minor),
        ),
        empty="no_notes",
    )
    notes = [one for one in sheet.credit_notes if one.currency == currency]
    return shape.of(notes, words, currency=currency, mark=mark)


def _settled(settlements: Sequence[Settlement], currency: str) -> str:
    return "; ".join(
        f"{one.invoice_number} {cell_text(Amount.of(one.amount_minor, currency))}"
        + ("" if one.kind == "money" else f" ({one.kind.upper()})")
        for one in settlements
    )
