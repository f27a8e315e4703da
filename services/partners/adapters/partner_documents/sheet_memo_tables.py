"""Tables of a payment sheet beside what is owed and paid: the plan, cheques, awaited certificates, questions."""

from collections.abc import Callable, Sequence

from services.partners.adapters.partner_documents.cell_text import day_text
from services.partners.adapters.partner_documents.layout import LaidTable, Words, heading
from services.partners.domain.pay_plan import PayBy
from services.partners.domain.payment_sheet import PaymentSheet
from services.partners.domain.sheet_memos import Awaited, SheetCheque, SheetQuery
from shared.documents.table import Amount, ColumnSum, Kind, Row
from shared.documents.xlsx_table import READERS_TIME_ZONE

_PLAN_AMOUNTS: Sequence[Callable[[PayBy], int]] = (
    lambda one: one.open_minor,
    lambda one: one.covered_minor,
    lambda one: one.to_pay_minor,
    lambda one: one.running_minor,
)
_CHEQUE_AMOUNTS: Sequence[Callable[[PayBy], int]] = (
    lambda one: one.cheques_by_then_minor,
    lambda one: one.left_after_cheques_minor,
)


def plan_table(sheet: PaymentSheet, words: Words, currency: str, mark: str) -> LaidTable:
    """Overdue first; columns of cheques only when there are some."""
    plan = [one for one in sheet.plan if one.currency == currency]
    has_cheques = any(one.cheques_by_then_minor for one in plan)
    amounts = [*_PLAN_AMOUNTS, *(_CHEQUE_AMOUNTS if has_cheques else ())]
    names = ("open", "covered", "to_pay", "running", "cheques_by_then", "left_after_cheques")[: len(amounts)]
    summed = [ColumnSum(Amount.of(sum(minor(one) for one in plan), currency)) for minor in _PLAN_AMOUNTS[:3]]
    return LaidTable(
        name=words["plan"] + mark,
        title=words["plan"] + mark,
        headings=(
            heading("pay_by", Kind.TEXT, words, "1fr"),
            heading("invoice_count", Kind.INTEGER, words),
            *(heading(name, Kind.MONEY, words) for name in names),
        ),
        rows=[
            (
                day_text(one.pay_by) if one.pay_by else words["at_once"],
                one.invoices,
                *(Amount.of(minor(one), currency) for minor in amounts),
            )
            for one in plan
        ],
        sums=(words["total"], None, *summed, *(None for _ in amounts[3:])),
        empty=words["no_plan"],
        marked=frozenset(place for place, one in enumerate(plan) if one.pay_by is None),
    )


def memo_tables(sheet: PaymentSheet, words: Words, currency: str, mark: str) -> list[LaidTable]:
    """Those that say anything."""
    tables = (_tax(sheet, words, currency, mark), _cheques(sheet, words, currency, mark))
    return [table for table in tables if table.rows]


def query_tables(sheet: PaymentSheet, words: Words) -> list[LaidTable]:
    """None when no question is open. They are of no one currency, so nothing is summed."""
    if not sheet.queries:
        return []
    rows = [_query_row(one, sheet, words) for one in sheet.queries]
    return [
        LaidTable(
            name=words["queries"],
            title=words["queries"],
            headings=(
                heading("number", Kind.TEXT, words),
                heading("opened_on", Kind.DATE, words),
                heading("age_days", Kind.INTEGER, words),
                heading("subject", Kind.TEXT, words, "1.4fr"),
                heading("about", Kind.TEXT, words, "1fr"),
                heading("waits_for", Kind.TEXT, words, "1fr"),
                heading("disputed", Kind.MONEY, words),
            ),
            rows=rows,
            sums=None,
            empty="",
        )
    ]


def _query_row(query: SheetQuery, sheet: PaymentSheet, words: Words) -> Row:
    waits = words[query.waits_for]
    if query.waits_for is Awaited.OUR_ANSWER:
        waits = f"{waits} {day_text(query.due_at.astimezone(READERS_TIME_ZONE).date())}"
    amount = None
    if query.amount_minor is not None and query.currency is not None:
        amount = Amount.of(query.amount_minor, query.currency)
    about = ", ".join(query.about)
    age = query.age_days(sheet.overdue_on)
    return (query.number, query.opened_on, age, query.subject, about, waits, amount)


def _tax(sheet: PaymentSheet, words: Words, currency: str, mark: str) -> LaidTable:
    lines = [one for one in sheet.tax_awaited if one.currency == currency]
    return LaidTable(
        name=words["tax_awaited"] + mark,
        title=words["tax_awaited"] + mark,
        headings=(
            heading("financial_year", Kind.TEXT, words, "1fr"),
            heading("quarter", Kind.TEXT, words),
            heading("quarter_ends", Kind.DATE, words),
            *(heading(name, Kind.MONEY, words) for name in ("tax_deducted", "certified", "awaited")),
        ),
        rows=[
            (
                one.financial_year,
                f"Q{one.quarter}",
                one.quarter_ends_on,
                Amount.of(one.deducted_minor, currency),
                Amount.of(one.certified_minor, currency),
                Amount.of(one.awaited_minor, currency),
            )
            for one in lines
        ],
        sums=(
            words["total"],
            None,
            None,
            ColumnSum(Amount.of(sum(one.deducted_minor for one in lines), currency)),
            ColumnSum(Amount.of(sum(one.certified_minor for one in lines), currency)),
            ColumnSum(Amount.of(sum(one.awaited_minor for one in lines), currency)),
        ),
        empty="",
    )


def _cheques(sheet: PaymentSheet, words: Words, currency: str, mark: str) -> LaidTable:
    """What came back or is stale is no promise: then nothing is summed."""
    lines = [one for one in sheet.cheques if one.currency == currency]
    marked = frozenset(place for place, one in enumerate(lines) if not one.is_promise(sheet.overdue_on))
    whole = Amount.of(sum(one.amount_minor for one in lines), currency)
    return LaidTable(
        name=words["cheques"] + mark,
        title=words["cheques"] + mark,
        headings=(
            heading("cheque_number", Kind.TEXT, words),
            heading("drawee_bank", Kind.TEXT, words, "1fr"),
            heading("cheque_on", Kind.DATE, words),
            heading("handed_over", Kind.DATE, words),
            heading("standing", Kind.TEXT, words),
            heading("meant_for", Kind.TEXT, words, "1fr"),
            heading("amount", Kind.MONEY, words),
        ),
        rows=[
            (
                one.cheque_number,
                one.drawee_bank,
                one.cheque_on,
                one.received_on,
                _standing(one, sheet, words),
                ", ".join(one.items),
                Amount.of(one.amount_minor, currency),
            )
            for one in lines
        ],
        sums=None if marked else (words["total"], *(None for _ in range(5)), ColumnSum(whole)),
        empty="",
        marked=marked,
    )


def _standing(cheque: SheetCheque, sheet: PaymentSheet, words: Words) -> str:
    said = words[cheque.standing]
    if sheet.overdue_on >= cheque.stale_on:
        return f"{said}, {words['stale']}"
    return f"{said}, {words['post_dated']}" if cheque.is_post_dated(sheet.overdue_on) else said
