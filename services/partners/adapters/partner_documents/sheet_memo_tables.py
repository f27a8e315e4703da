"""Tables of a payment sheet beside what is owed and paid: the plan, cheques, awaited certificates, questions."""

from services.partners.adapters.partner_documents.cell_text import day_text
from services.partners.adapters.partner_documents.layout import LaidTable, Words
from services.partners.adapters.partner_documents.table_shape import Shown, Summed, TableShape
from services.partners.domain.pay_plan import PayBy
from services.partners.domain.payment_sheet import PaymentSheet
from services.partners.domain.sheet_memos import Awaited, SheetCheque, SheetQuery, TaxAwaited
from shared.documents.table import Amount, Kind
from shared.documents.xlsx_table import READERS_TIME_ZONE


def plan_table(sheet: PaymentSheet, words: Words, currency: str, mark: str) -> LaidTable:
    """Overdue first; columns of cheques only when there are some."""

    def amount(minor: int) -> Amount:
        return Amount.of(minor, currency)

    columns: list[Shown[PayBy] | Summed[PayBy]] = [
        Shown(
            "pay_by", Kind.TEXT, lambda one: day_text(one.pay_by) if one.pay_by else words["at_once"], "1fr"
        ),
        Shown("invoice_count", Kind.INTEGER, lambda one: one.invoices),
        Summed("open", lambda one: one.open_minor),
        Summed("covered", lambda one: one.covered_minor),
        Summed("to_pay", lambda one: one.to_pay_minor),
        Shown("running", Kind.MONEY, lambda one: amount(one.running_minor)),
    ]
    plan = [one for one in sheet.plan if one.currency == currency]
    if any(one.cheques_by_then_minor for one in plan):
        columns += [
            Shown("cheques_by_then", Kind.MONEY, lambda one: amount(one.cheques_by_then_minor)),
            Shown("left_after_cheques", Kind.MONEY, lambda one: amount(one.left_after_cheques_minor)),
        ]
    shape: TableShape[PayBy] = TableShape(
        name="plan", columns=columns, empty="no_plan", is_marked=lambda one: one.pay_by is None
    )
    return shape.of(plan, words, currency=currency, mark=mark)


def memo_tables(sheet: PaymentSheet, words: Words, currency: str, mark: str) -> list[LaidTable]:
    """Those that say anything."""
    tables = (_tax(sheet, words, currency, mark), _cheques(sheet, words, currency, mark))
    return [table for table in tables if table.rows]


def query_tables(sheet: PaymentSheet, words: Words) -> list[LaidTable]:
    """None when no question is open. They are of no one currency, so nothing is summed."""

    def waits_for(query: SheetQuery) -> str:
        waits = words[query.waits_for]
        if query.waits_for is not Awaited.OUR_ANSWER:
            return waits
        return f"{waits} {day_text(query.due_at.astimezone(READERS_TIME_ZONE).date())}"

    shape: TableShape[SheetQuery] = TableShape(
        name="queries",
        columns=(
            Shown("number", Kind.TEXT, lambda one: one.number),
            Shown("opened_on", Kind.DATE, lambda one: one.opened_on),
            Shown("age_days", Kind.INTEGER, lambda one: one.age_days(sheet.overdue_on)),
            Shown("subject", Kind.TEXT, lambda one: one.subject, "1.4fr"),
            Shown("about", Kind.TEXT, lambda one: ", ".join(one.about), "1fr"),
            Shown("waits_for", Kind.TEXT, waits_for, "1fr"),
            Shown("disputed", Kind.MONEY, _disputed),
        ),
    )
    return [shape.of(sheet.queries, words)] if sheet.queries else []


def _disputed(query: SheetQuery) -> Amount | None:
    if query.amount_minor is None or query.currency is None:
        return None
    return Amount.of(query.amount_minor, query.currency)


def _tax(sheet: PaymentSheet, words: Words, currency: str, mark: str) -> LaidTable:
    shape: TableShape[TaxAwaited] = TableShape(
        name="tax_awaited",
        columns=(
            Shown("financial_year", Kind.TEXT, lambda one: one.financial_year, "1fr"),
            Shown("quarter", Kind.TEXT, lambda one: f"Q{one.quarter}"),
            Shown("quarter_ends", Kind.DATE, lambda one: one.quarter_ends_on),
            Summed("tax_deducted", lambda one: one.deducted_minor),
            Summed("certified", lambda one: one.certified_minor),
            Summed("awaited", lambda one: one.awaited_minor),
        ),
    )
    lines = [one for one in sheet.tax_awaited if one.currency == currency]
    return shape.of(lines, words, currency=currency, mark=mark)


def _cheques(sheet: PaymentSheet, words: Words, currency: str, mark: str) -> LaidTable:
    """What came back or is stale is no promise: then nothing is summed."""

    def is_no_promise(cheque: SheetCheque) -> bool:
        return not cheque.is_promise(sheet.overdue_on)

    lines = [one for one in sheet.cheques if one.currency == currency]
    shape: TableShape[SheetCheque] = TableShape(
        name="cheques",
        columns=(
            Shown("cheque_number", Kind.TEXT, lambda one: one.cheque_number),
            Shown("drawee_bank", Kind.TEXT, lambda one: one.drawee_bank, "1fr"),
            Shown("cheque_on", Kind.DATE, lambda one: one.cheque_on),
            Shown("handed_over", Kind.DATE, lambda one: one.received_on),
            Shown("standing", Kind.TEXT, lambda one: _standing(one, sheet, words)),
            Shown("meant_for", Kind.TEXT, lambda one: ", ".join(one.items), "1fr"),
            Summed("amount", lambda one: one.amount_minor),
        ),
        is_marked=is_no_promise,
        has_sums=not any(map(is_no_promise, lines)),
    )
    return shape.of(lines, words, currency=currency, mark=mark)


def _standing(cheque: SheetCheque, sheet: PaymentSheet, words: Words) -> str:
    said = words[cheque.standing]
    if sheet.overdue_on >= cheque.stale_on:
        return f"{said}, {words['stale']}"
    return f"{said}, {words['post_dated']}" if cheque.is_post_dated(sheet.overdue_on) else said
